"""Processor time for texts that grow: each kind of hostile text at n, 2n, and 4n.

    .venv/bin/python benchmarks/linear.py                 all kinds, all formats
    .venv/bin/python benchmarks/linear.py backticks       one kind
    .venv/bin/python benchmarks/linear.py --read          only read and composed, not laid out

Prints, for each kind, the seconds at n and how many times as long 2n and 4n take; the time of an
article without text is subtracted. Twice and four times as long is linear. `KINDS` is also what
`tests/test_limits.py` builds.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READ = """
import sys
from pathlib import Path
from press.document.compose import read_sources
read_sources(Path(sys.argv[1])).assembled("a", "")
"""


def quotes(n: int) -> str:
    return "".join("> " * (number % 200) + "a\n" for number in range(n // 200))


def chain(n: int) -> str:
    notes = "".join(f"[^{number}]: See [^{number + 1}].\n\n" for number in range(n // 20))
    return f"Text [^0].\n\n{notes}[^{n // 20}]: End.\n"


def table(n: int) -> str:
    return "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * (n // 10)


def fences(n: int) -> str:
    return "".join("`" * (3 + number % 40) + "\n" for number in range(n // 23))


def lists(n: int) -> str:
    return "".join("  " * (number % 100) + "- a\n" for number in range(n // 100))


KINDS: dict[str, Callable[[int], str]] = {
    "prose": lambda n: "Sleep helps people with worry. " * (n // 31),
    "paragraphs": lambda n: "Sleep helps people with worry.\n\n" * (n // 32),
    "letters": lambda n: "a" * n,
    "backticks": lambda n: "`" * n,
    "open code": lambda n: "".join("`" * (k % 50 + 1) + "a " for k in range(n // 27)),
    "colons": lambda n: ":" * n,
    "colon lines": lambda n: "::: note\n" * (n // 9),
    "closed boxes": lambda n: "::: note\na\n:::\n\n" * (n // 16),
    "fences": fences,
    "brace": lambda n: "{" + "." * n,
    "braces": lambda n: "{.a " * (n // 4),
    "curly": lambda n: "{" * n,
    "placeholders": lambda n: "{{ a " * (n // 5),
    "brackets": lambda n: "[" * n,
    "closed brackets": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "links": lambda n: "[a](" * (n // 4),
    "images": lambda n: "![" * (n // 2),
    "citations": lambda n: "[@" * (n // 2),
    "angles": lambda n: "<" * n,
    "tags": lambda n: "<b>" * (n // 3),
    "comments": lambda n: "<!--" * (n // 4),
    "stars": lambda n: "*" * n,
    "star words": lambda n: "**a *b " * (n // 7),
    "underscores": lambda n: "_a_" * (n // 3),
    "tildes": lambda n: "~a" * (n // 2),
    "carets": lambda n: "^a" * (n // 2),
    "quote marks": lambda n: "> " * (n // 2) + "a",
    "quotes": quotes,
    "lists": lists,
    "deep list": lambda n: "- " * (n // 2) + "a",
    "dollars": lambda n: "$" * n,
    "formulas": lambda n: "$a " * (n // 3),
    "math braces": lambda n: "$" + "{" * (n // 2) + "}" * (n // 2) + "$",
    "note chain": chain,
    "table": table,
    "pipes": lambda n: "|" * n,
    "pipe rows": lambda n: "|a|\n" * (n // 4),
    "headings": lambda n: "## A\n\n" * (n // 6),
    "heading": lambda n: "## " + "a b " * (n // 4),
    "definitions": lambda n: "a\n: b\n\n" * (n // 7),
    "abbreviations": lambda n: "".join(f"*[a{k}]: b\n" for k in range(n // 12)) + "a1 " * (n // 12),
    "references": lambda n: "".join(f"[a{k}]: /b\n" for k in range(n // 11)),
    "escapes": lambda n: "\\" * n,
    "entities": lambda n: "&" * n,
    "spaces": lambda n: "a" + " " * n + "b",
    "blank lines": lambda n: "a" + "\n" * n + "b",
    "hyphens": lambda n: "-" * n,
    "equals": lambda n: "=" * n,
    "addresses": lambda n: "a@" * (n // 2),
    "web": lambda n: "https://" * (n // 8),
    "dots": lambda n: "1. " * (n // 3),
    "tabs": lambda n: "\t" * n + "a",
    "accents": lambda n: "e" + "\u0301" * n,
}
"""A text of about n bytes of each kind."""


def write(folder: Path, text: str, **files: str) -> None:
    """Write a project with an article of this text."""
    (folder / "source").mkdir(parents=True, exist_ok=True)
    (folder / "makebook.toml").write_text('lang = "en-US"\n', encoding="utf-8")
    for name, content in {"a.md": f"---\ntitle: A\n---\n\n{text}\n", **files}.items():
        (folder / "source" / name).write_text(content, encoding="utf-8")


def seconds(text: str, *, read: bool) -> tuple[float, int]:
    """Return the processor time for a text, and the exit status."""
    import peers  # here, because the tests run this file from elsewhere for `KINDS`

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, text)
        command = [sys.executable, "-P", "-m", "press", "--project", place, "--jobs", "1"]
        if read:
            command = [sys.executable, "-P", "-c", READ, place]
        with (folder / "log").open("wb") as log:
            cost, status = peers.run(command, log, cwd=ROOT)
    return cost.cpu, status


def main(arguments: list[str]) -> None:
    read = "--read" in arguments
    names = [name for name in arguments if name in KINDS] or list(KINDS)
    sizes = [int(text) for text in arguments if text.isdigit()] or [20_000]
    base, _ = seconds("", read=read)
    for name in names:
        took, endings = [], []
        for times in (1, 2, 4):
            used, status = seconds(KINDS[name](sizes[0] * times), read=read)
            took.append(max(used - base, 0.01))
            endings.append(str(status))
        ratios = " ".join(f"{each / took[0]:6.1f}" for each in took[1:])
        print(f"{name:18}{took[0]:8.2f} s {ratios}   status {' '.join(endings)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
