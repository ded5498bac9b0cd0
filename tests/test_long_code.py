"""Long lines of code: they wrap with a mark that is drawn, but not heard or copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from press.core import trees
from press.core.breaks import mark_lines
from press.readback.aloud import aloud
from tests.test_editions import run, write

WORD = "Pneumonoultramicroscopicsilicovolcanoconiosisforeverandever"
LINK = "https://example.org/" + "x" * 180
CODE = "print(" + ", ".join(f"'a dose of {number}'" for number in range(10)) + ")"
SHEET = f"""---
title: Long code
---

## Key points {{.key-points}}

- {WORD} <{LINK}> `{"z" * 100}`

## Code

```python
def doses():
    {CODE}

    return "{WORD}"
```

<pre>after a blank,
 &#9;a tab</pre>

### Third {LINK}

#### Fourth {WORD}

##### Fifth `{"z" * 100}`

- item

  ```
  {CODE}
  ```

![A bed](bed.svg "{WORD} and <{LINK}> and `{"z" * 100}`")

Words.[^n]

[^n]: A note {WORD} and <{LINK}> and `{"z" * 100}`.

        {CODE}
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    toml = 'editions = ["letter", "large-print", "booklet"]\n'
    root = write(tmp_path_factory.mktemp("code"), **{"makebook.toml": toml, "source__code_": SHEET})
    bed = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
    (root / "source" / "bed.svg").write_text(bed)
    assert run(root) == 0  # nothing runs off a page, and nothing is lost
    return root / "output"


@pytest.mark.parametrize("name", ["code.pdf", "code-large-print.pdf", "code.epub", "code.html"])
def test_code_is_heard_as_it_was_written(output: Path, name: str) -> None:
    heard = " ".join("\n".join(aloud((output / name).read_bytes())).split())
    assert f"code: def doses(): {CODE} return" in heard
    assert heard.count(CODE) == 3


def test_code_is_copied_as_it_was_written(output: Path) -> None:
    page = (output / "code.html").read_text()
    pre = trees.parse(
        "<pre>" + page.split("<pre", 1)[1].split(">", 1)[1].split("</pre>")[0] + "</pre>"
    )
    said = "".join(pre.itertext())
    assert said == f'def doses():\n    {CODE}\n\n    return "{WORD}"\n'


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("short\nlines\n", []),
        (f"a\n\n{CODE}\n", ["a\n", "\n", f"{CODE}\n"]),
        (f"a <b>{CODE}</b> b\n<i>c</i>", [f"a {CODE} b\n", "c"]),
        (f"<b>two\nlines</b> {CODE}", []),
    ],
)
def test_each_line_of_long_code_is_marked(code: str, lines: list[str]) -> None:
    for around in ("<pre>{}</pre>", "<pre><code>{}</code></pre>"):
        root = trees.parse(f"<section>{around.format(code)}</section>")
        before = "".join(root.itertext())
        mark_lines(root)
        assert "".join(root.itertext()) == before
        marked = [e for e in root.iter("span") if e.get("class") == "code-line"]
        assert ["".join(e.itertext()) for e in marked] == lines
