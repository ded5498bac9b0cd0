"""What a killed run leaves: the next one removes what is its own and in use by nobody."""

from __future__ import annotations

import os

from press.core import temporary

GONE = 999_999_999
"""A number that no process can have."""


def test_folders_of_killed_runs_are_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "letter.txt").write_text("mine")
    for name in (f"makebook-{GONE}-ab", f"makebook-{os.getppid()}-ab", "makebook-ab", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.png").touch()
    (tmp_path / f"makebook-{GONE}-link").symlink_to(outside)
    (tmp_path / f"makebook-{GONE}-file").touch()
    temporary.sweep_folders()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [f"makebook-{os.getppid()}-ab", "makebook-ab", "other", "outside",
         f"makebook-{GONE}-link", f"makebook-{GONE}-file"]
    )  # fmt: skip
    assert (outside / "letter.txt").read_text() == "mine"


def test_a_folder_says_who_uses_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with temporary.folder() as place:
        assert f"makebook-{os.getpid()}-" in place
        assert [str(path) for path in tmp_path.iterdir()] == [place]
    assert list(tmp_path.iterdir()) == []
