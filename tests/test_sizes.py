"""Sizes that makebook's own styles set: none is refused, in any edition, however deep it is.

Sizes are checked on the finished pages (TYP001): a build that ends well has none that is too small.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from press.proof.typography import LIMITS
from press.readback.pdf import TextSpan, read_halves, read_pdf
from tests.test_editions import run, write

SMALL = ("small", "sup", "sub", "code", "kbd", "samp")
NESTED = " ".join(
    f"<{a}>{a} <{b}>{b} <small>small <code>code</code></small></{b}></{a}>"
    for a, b in product(SMALL, SMALL)
)
FEW = " ".join(
    f"<{a}>{a} <{b}>{b}</{b}></{a}>" for a, b in product(("small", "sup", "code"), SMALL)
)
WIDE = "\n".join(
    (
        "| Column " * 8 + "|",
        "|---" * 8 + "|",
        *["| `code` <small>small <kbd>key</kbd></small> word<sup>up</sup>[^n] " * 8 + "|"],
    )
)
TEXT = f"""---
title: Sizes
bibliography: references.bib
---

## Second {FEW}

### Third {FEW}

#### Fourth {FEW}

##### Fifth {FEW}

###### Sixth {FEW}

Words {NESTED} of text [@lee].[^n]

- item {FEW}

> quotation {FEW}

Term {FEW}
: Definition {FEW}

Table: Caption {FEW}

| {FEW} | B |
|---|---|
| {FEW} | {FEW} |

{WIDE}

![A bed](bed.svg "Caption {FEW} [@lee][^n]")

<table><caption>Heading in a cell</caption><tr><td><h6>Sixth {FEW}</h6></td></tr></table>

```
code
```

[^n]: Note {NESTED}

    - item {FEW} [@lee]
"""
NOTICE = f"""---
id: general
title: About
place: [closing, every-page]
short: Not advice.
---
Words {FEW}.[^why]

[^why]: Note {FEW}.
"""
KINDS = {
    "": "standard",
    "-large-print": "large-print",
    "-booklet": "booklet",
    "-ink-saver": "ink-saver",
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    toml = 'editions = ["letter", "large-print", "booklet", "ink-saver"]\n'
    toml += 'required = {"*" = ["general"]}\n'
    files = {
        "makebook.toml": toml.replace("required = {", "[notices]\nrequired = {"),
        "source__sizes_": TEXT,
        "source__disclaimers__general_": NOTICE,
        "source__references.bib": "@article{lee, author={Lee, A.}, title={T}, year={2001}}",
    }
    root = write(tmp_path_factory.mktemp("sizes"), **files)
    bed = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
    (root / "source" / "bed.svg").write_text(bed)
    assert run(root) == 0
    return root / "output"


@pytest.fixture(scope="module", params=KINDS)
def spans(output: Path, request: pytest.FixtureRequest) -> tuple[str, list[TextSpan]]:
    """The kind of an edition, and all runs of text in its PDF."""
    data = (output / f"sizes{request.param}.pdf").read_bytes()
    pages = read_halves(data) if request.param == "-booklet" else read_pdf(data)
    return KINDS[request.param], [span for page in pages for span in page.spans]


def test_no_size_is_below_the_limit(spans: tuple[str, list[TextSpan]]) -> None:
    kind, runs = spans
    smallest = min(span.size for span in runs if any(map(str.isalnum, span.text)))
    assert smallest >= LIMITS[kind].smallest - 0.05  # type: ignore[index]


def test_headings_of_all_levels_are_as_large_as_text(spans: tuple[str, list[TextSpan]]) -> None:
    kind, runs = spans
    for words in ("Third", "Fourth", "Fifth", "Sixth"):
        sizes = {round(span.size, 1) for span in runs if span.text.strip() == words}
        assert sizes
        assert min(sizes) >= LIMITS[kind].body or kind != "large-print"  # type: ignore[index]
        assert max(sizes) >= LIMITS[kind].body  # type: ignore[index]
