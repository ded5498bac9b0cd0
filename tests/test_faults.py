"""A tenth of the faults that `python3 makebook.py test --faults` tries."""

from __future__ import annotations

import os

import pytest

if os.name == "nt":
    pytest.skip("signals and limits as on POSIX", allow_module_level=True)

from tests import faults


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return faults.Desk(tmp_path_factory.mktemp("desk"), faults.FIRST)


@pytest.mark.parametrize("kind", faults.KINDS)
def test_a_fault_leaves_whole_files(desk, kind):
    assert list(faults.try_faults(desk, kind, faults.KINDS[kind][1] // 10)) == []


def test_what_is_wrong_is_told(monkeypatch, capsys, tmp_path):
    """A fault that a program survives badly is counted, and the status says so."""

    class Broken:
        output = tmp_path / "none"

        def __init__(self, *_: object) -> None: ...
        def edit(self) -> None: ...
        def repaired(self) -> str:
            return ""

    monkeypatch.setattr(faults, "Desk", Broken)
    monkeypatch.setattr(faults, "KINDS", {"kills": (lambda _: "half written", 2)})
    assert faults.main([]) == 1
    assert capsys.readouterr().out == (
        "kills, number 1: half written\nkills, number 2: half written\nkills 2; unsound 2\n"
    )
    assert faults.main(["x"]) == 2
