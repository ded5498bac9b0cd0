"""What belongs to the program is compiled once; what belongs to a project is not kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from press.core import compiled
from press.design.templates import Templates


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The folder beside the program, empty."""
    monkeypatch.setattr(compiled, "_path", lambda name: tmp_path / f"{name}.kept")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path


def make(of: str, made: list[str]) -> bytes:
    """What is kept as `of`; `made` tells what had to be made."""
    return compiled.kept("thing", of, lambda: made.append(of) or of.encode())


def test_it_is_made_once_and_again_if_what_it_is_made_of_changes(folder):
    made: list[str] = []
    assert [make(of, made) for of in ("one", "one", "two", "two")] == [
        b"one",
        b"one",
        b"two",
        b"two",
    ]
    assert made == ["one", "two"]
    assert [path.name for path in folder.iterdir()] == ["thing.kept"]


@pytest.mark.parametrize("damage", [b"", b"short", None], ids=["empty", "cut", "changed"])
def test_a_damaged_file_is_made_again(folder, damage):
    make("one", [])
    file = folder / "thing.kept"
    file.write_bytes(file.read_bytes()[:-1] + b"!" if damage is None else damage)
    made: list[str] = []
    assert (make("one", made), made) == (b"one", ["one"])


def test_nothing_is_written_where_python_writes_nothing(folder, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert make("one", []) == b"one"
    assert not list(folder.iterdir())


def test_a_full_disk_leaves_no_part_of_a_file(folder, monkeypatch):
    def full(path, data):
        with path.open("wb") as file:
            file.write(data[:9])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert make("one", []) == b"one"
    assert not list(folder.iterdir())


def test_only_templates_of_the_program_are_kept(folder):
    def find(name: str) -> tuple[str, str, None]:
        return "{% for one in all %}{{ one }}.{% endfor %}", name, None

    values = {"all": ["a", "<b>"]}
    assert Templates(find).fill("theirs.html", values) == "a.&lt;b&gt;."
    assert not list(folder.iterdir())
    for _ in range(2):
        assert Templates(find, own=True).fill("ours.html", values) == "a.&lt;b&gt;."
    assert [path.name for path in folder.iterdir()] == ["template-ours.html.kept"]


def test_only_templates_of_a_project_have_bounds(folder):
    """The page of a library grows with its handouts."""

    def find(name: str) -> tuple[str, str, None]:
        return (
            "{% for a in range(90000) %}{% for b in 'xyz' %}{{ b }}{% endfor %}{% endfor %}",
            name,
            None,
        )

    assert len(Templates(find, own=True).fill("ours.html", {})) == 270_000
    with pytest.raises(Exception, match="takes more than 200000 steps"):
        Templates(find).fill("theirs.html", {})
