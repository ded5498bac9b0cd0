"""What a build of many articles says of all of them: how many, and how long is left."""

from __future__ import annotations

from typing import cast

import pytest

from press.build.report import has_lines, table
from press.build.stale import TAKEN
from press.cli import main
from press.core.manifest import ArticleEntry
from press.core.model import Built
from press.core.progress import left
from tests.here import build_here


def results(**kinds: int) -> list[Built]:
    entry = cast(ArticleEntry, {"files": {}})
    return [
        *(Built(f"new{n}", entry, made=("a.pdf",)) for n in range(kinds.get("new", 0))),
        *(Built(f"old{n}", entry) for n in range(kinds.get("old", 0))),
        *(Built(f"bad{n}", imprint="north" if n else "") for n in range(kinds.get("bad", 0))),
    ]


def test_a_table_counts_the_results():
    assert table(results(new=1, old=10, bad=2)) == [
        "built       1",
        "unchanged  10",
        "failed      2: bad0, bad1 for north",
    ]
    assert table(results(new=4)) == ["built      4", "unchanged  0", "failed     0"]
    assert table(results(new=2, bad=1)) == []
    assert table(results(bad=30))[-1].endswith("bad19 for north, …")


def test_among_many_only_what_was_published_has_lines():
    new, old, bad = results(new=1, old=1, bad=1)
    taken = Built("taken", old.entry, reasons={"a.pdf": TAKEN})
    assert [has_lines(one, 20) for one in (new, old, bad, taken)] == [True, True, False, True]
    assert [has_lines(one, 21) for one in (new, old, bad, taken)] == [True, False, False, True]


def test_the_table_is_printed_last(tmp_path, capsys, monkeypatch):
    build_here(monkeypatch)
    (tmp_path / "source/ward").mkdir(parents=True)
    (tmp_path / "makebook.toml").write_text('formats = ["html"]\n')
    for name in ("a", "b", "ward/c", "ward/d"):
        path = tmp_path / "source" / f"{name}.md"
        path.write_text(f"---\ntitle: {name}\n---\n\nText.\n")
    path.write_text("---\ntitle: [d\n---\n\nText.\n")
    with pytest.raises(SystemExit) as end:
        main(["--project", str(tmp_path)])
    assert end.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == ["built      3", "unchanged  0", "failed     1: ward/d"]
    with pytest.raises(SystemExit):
        main(["a", "b", "--project", str(tmp_path)])
    assert "unchanged  " not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seconds", "done", "words"),
    [
        (10, 0, ""),
        (10, 200, ""),
        (30, 100, "less than a minute"),
        (60, 60, "about 3 minutes"),
        (6000, 1, "about 332 hours"),
    ],
)
def test_how_long_is_left(seconds, done, words):
    """As long for each of the rest as for each of those that are finished."""
    assert left(seconds, done, 200) == words
