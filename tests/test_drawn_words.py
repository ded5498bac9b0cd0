"""A drawing with words that the text has too: a booklet is proved by what is drawn, without tags.

The words of a drawing are taken out of what is read; those of a table with the same words stay.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from press.cli import main

TEXT = """---
title: Doses
---

| Drug | Dose |
|------|------|
| A    | 5 mg |

![A dose](dose.svg)

- 5 mg
"""
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 60">
<text x="9" y="40" font-size="20">5 mg</text></svg>
"""


def test_words_of_a_drawing_are_not_those_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "makebook.toml").write_text('editions = ["booklet"]\nformats = ["pdf"]\n')
    (tmp_path / "source" / "a.md").write_text(TEXT)
    (tmp_path / "source" / "dose.svg").write_text(DRAWING)
    with pytest.raises(SystemExit) as stop:
        main(["build", "--project", str(tmp_path), "--output", str(tmp_path / "out")])
    assert stop.value.code in (0, None)
