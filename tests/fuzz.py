"""Input that nobody would write: random pieces of front matter, Markdown, styles, and so on.

    python3 makebook.py test --fuzz [SECONDS]

In: how long to try, 300 seconds if nothing is said. Out: a line for each input after which
something was wrong, with the input, and a last line with the counts. Each input is a file of a
small project, mixed from lines of a sound one and from what has broken readers before. The build
must end with a status of its own, without a fault of makebook (BUG001) or an end by force (LIM001,
SYS003), and nothing from outside the project may be in what it publishes.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from press.cli import main as makebook

SECRET = "Zyzzyva from outside"
FRONT = """\
title: Sleep
identifier: SLEEP-1
version: 1
date: 2026-01-02
author: A. Lee
keywords: [sleep, tea]
"""
BODY = """\
Sleep helps [@lee2020, p. 4]. See [the list](#list) and *tea*[^n].

## A list {#list}

- one
- two `code`

| Day | Dose |
|-----|-----:|
| Mo  |  5 mg |

![A dot](dot.svg)

> [!WARNING]
> Stop.

::: note
H~2~O and $x^2$
:::

[^n]: A note.
"""
BIB = """\
@article{lee2020,
  author = {Lee, A. and Roe, B.},
  title = {A fixed hour},
  journal = {Journal of Rest},
  year = {2020},
  doi = {10.1000/rest.3},
}
"""
CSL = """\
<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0">
<info><title>T</title><id>t</id></info>
<macro name="a"><names variable="author"/></macro>
<citation><layout prefix="(" suffix=")"><text macro="a"/></layout></citation>
<bibliography><layout><text macro="a"/><text variable="title"/></layout></bibliography>
</style>
"""
TOML = """\
bibliography = ["source/lee.bib"]
csl = "own.csl"
lang = "en-US"
editions = ["letter"]
[editions.letter]
page = "Letter"
[limits]
time = 30
"""
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
viewBox="0 0 9 9">
<title>A dot</title>
<defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient></defs>
<circle cx="4" cy="4" r="3" fill="url(#g)"/>
<text x="1" y="2">dot</text>
</svg>
"""
CSS = """\
p { color: #123; margin: 1em 0; }
h2::before { content: "§ "; }
table { width: 100%; columns: 2; }
@page { margin: 2cm; @bottom-center { content: counter(page); } }
"""

SIGNS = tuple("{}[]()<>*_`~^$|:;#@!&%\\/\"'=+-.,\n\t\0\r\u00ad\u200b\u202e\ud7ff😀é")
PATHS = ("../secret.txt", "/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/x", "\\..\\x")
TOKENS = {
    "front": (
        "title: [", "date: 99999-99-99", "author: {a: {b: [c]}}", "&a [*a]", "!!python/x",
        "short: [list]", "references: [{}]", "nocite: '@*'", "lang: xx", "---\n", "? :",
    ),
    "body": (
        "[@", "[^", "![](", "$$", ":::: {", "```\n", "<b><i>", "<!--", "||", "+--+\n",
        "\\begin{", "<img src=", "[a]: <", "1986. x", "    code\n", "\n\n", "{.short}", "&#0;",
    ),
    "bib": (
        "@string{a = a # a}", "@article{", "title = ", "author = {{", "\\'{\\i}", "@comment{",
    ),
    "csl": (
        '<text macro="a"/>', "<choose><if/></choose>", "<group>", "</group>", "<names/>",
        '<date variable="issued"/>', "<!DOCTYPE x>", "&x;", "<substitute>", 'et-al-min="0"',
    ),
    "toml": (
        "[", "]]", "x = ", '"""', "1e999", "2026-13-40", '[notices.required]\n"*" = [1]\n',
        "[article]\nauthor = 1\n", "formats = []\n",
    ),
    "svg": (
        '<use xlink:href="#g"/>', "<script>", "<style>", '<image href="../secret.txt"/>', "<g>",
        "</g>", '<!ENTITY a "b">', 'transform="scale(1e99)"', '<path d="M0 0 L nan"/>',
    ),
    "css": (
        "@import ", "url(", "@media", "calc(1/0)", "columns: 99999", "{{", "}", "/*", "\\0",
        "font: 1e9px x", "grid-template: repeat(9, 1fr)", "content: counter(", "attr(x)",
    ),
}  # fmt: skip
"""What has broken readers before."""
TEXTS = {"front": FRONT, "body": BODY, "bib": BIB, "csl": CSL, "toml": TOML, "svg": SVG, "css": CSS}
PLACES = {"bib": "source/lee.bib", "csl": "source/own.csl", "toml": "makebook.toml",
          "svg": "source/dot.svg", "css": "styles/page.css"}  # fmt: skip
_ALWAYS = ("bib", "csl", "toml", "svg")


def pieces(kind: str) -> st.SearchStrategy[str]:
    """Return texts of a kind: its lines in any order, some cut, with what breaks readers."""
    lines = TEXTS[kind].splitlines(keepends=True)
    line = st.sampled_from(lines)
    cut = st.builds(lambda text, at: text[: at % (len(text) + 1)], line, st.integers(0, 80))
    token = st.sampled_from((*TOKENS[kind], *SIGNS, *PATHS))
    many = st.builds(lambda text, times: text * times, token, st.sampled_from([2, 9, 200]))
    mixed = st.lists(st.one_of(line, line, cut, token, many, st.text(max_size=9)), max_size=25)
    kept = st.builds(lambda at, extra: [*lines[:at], *extra, *lines[at:]],
                     st.integers(0, len(lines)), mixed)  # fmt: skip
    return st.one_of(mixed, kept).map("".join)


def wrong(kind: str, text: str) -> str:
    """Build a project with this text in one of its files; return what is wrong, or nothing."""
    texts = {**TEXTS, kind: text}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        Path(folder, "secret.txt").write_text(SECRET, encoding="utf-8")
        # A style of one's own replaces the built-in one, which the other kinds need.
        files = {PLACES[k]: v for k, v in texts.items() if k in PLACES and k in (kind, *_ALWAYS)}
        files["source/sleep.md"] = f"---\n{texts['front']}---\n\n{texts['body']}"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8", "surrogatepass"))
        said, status = _build(root)
        shown = b"".join(p.read_bytes() for p in root.glob("build/**/*") if p.is_file())
    if "Traceback" in said or any(code in said for code in ("BUG001", "LIM001", "SYS003")):
        return said
    if status not in (0, 1, 3):
        return f"status {status}: {said}"
    return "what is outside was published" if SECRET.encode() in shown else ""


def _build(root: Path) -> tuple[str, object]:
    out = io.StringIO()
    with contextlib.redirect_stderr(out), contextlib.redirect_stdout(out):
        try:
            makebook(["build", "--project", str(root), "--format", "html", "--jobs", "1"])
        except SystemExit as end:
            return out.getvalue(), end.code or 0
    return out.getvalue(), 0


def try_kind(kind: str, examples: int) -> tuple[int, list[str]]:
    """Try some inputs of a kind; return how many were tried, and what was wrong."""
    tried, found = 0, []

    @settings(
        max_examples=examples, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(pieces(kind))
    def check(text: str) -> None:
        nonlocal tried
        tried += 1
        if said := wrong(kind, text):
            found.append(f"{kind}: {said.strip()[-600:]}\nof: {text!r}")
            raise AssertionError(kind)

    with contextlib.suppress(Exception):  # also what Hypothesis says of it
        check()
    return tried, found[-1:]  # the shortest that Hypothesis found


def main(arguments: Sequence[str]) -> int:
    """Try all kinds in turn until the time is over; return an exit status."""
    if len(arguments) > 1 or not all(each.isdecimal() for each in arguments):
        print("usage: python3 makebook.py test --fuzz [SECONDS]", file=sys.stderr)
        return 2
    end = time.monotonic() + (int(arguments[0]) if arguments else 300)
    counts, unsound = dict.fromkeys(TEXTS, 0), 0
    while time.monotonic() < end:
        for kind in TEXTS:
            tried, found = try_kind(kind, 20)
            counts[kind] += tried
            unsound += len(found)
            print(*found, sep="\n", end="\n" if found else "", flush=True)
    print(f"{', '.join(f'{kind} {count}' for kind, count in counts.items())}; unsound {unsound}")
    return int(bool(unsound))


if __name__ == "__main__":
    os.environ.setdefault("NO_COLOR", "1")
    sys.exit(main(sys.argv[1:]))
