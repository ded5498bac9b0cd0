"""Compare what makebook reads with the examples of the CommonMark specification.

    python tests/commonmark.py SPEC

SPEC is the specification's text. Each example is converted, and its structure compared with the
one that the specification gives, after both have been cleaned in the same way: quotation marks and
dashes are typographic, addresses are links, a picture alone is a figure with its title as caption,
and what is not safe may be left out if that is reported. The last line is `same N of M, text lost
0`.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from press.core.problems import Problem
from press.core.trees import Element, serialize
from press.source import markup
from press.source.sanitize import clean

FENCE = "`" * 32
_PART = re.compile(
    rf"^{FENCE} example\n(?P<source>.*?)^\.\n(?P<html>.*?)^{FENCE}$|^#+ (?P<section>[^\n]*)$",
    re.M | re.S,
)
_TYPES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})


def examples(spec: str) -> list[tuple[str, str, str]]:
    """Return the section, the Markdown, and the HTML of each example."""
    found, section = [], ""
    for match in _PART.finditer(spec):
        if match["section"]:
            section = match["section"]
        else:
            parts = (match[name].replace("\u2192", "\t") for name in ("source", "html"))
            found.append((section, *parts))
    return found


def canonical(body: Element) -> str:
    """Return a tree as it is compared: without classes, white space, and smart punctuation."""
    for figure in list(body.iter("figure")):
        figure.tag = "p"
        for caption in figure.findall("figcaption"):
            figure.remove(caption)
    for element in list(body.iter("*")):
        for name in ("class", "id", "title") if element.tag != "a" else ("class", "id"):
            element.attrib.pop(name, None)
        pairs = sorted((str(name), str(value)) for name, value in element.attrib.items())
        element.attrib.clear()
        element.attrib.update(pairs)
        for name in {"href", "src"}.intersection(map(str, element.attrib)):
            element.set(name, unquote(element.get(name) or ""))
    html = serialize(body).translate(_TYPES)
    html = html.replace("\u2026", "...").replace("\u2013", "--").replace("\u2014", "---")
    html = re.sub(r"\s+", " ", html)
    return re.sub(r" ?(</?(?!/?(?:em|strong|a|code|img|span|del)\b)[^>]*>) ?", r"\1", html)


def words(body: Element) -> Counter[str]:
    """Return the words of a tree, with how often each occurs."""
    return Counter(re.findall(r"\w+", " ".join(map(str, body.itertext()))))


def compare(source: str, wanted: str) -> tuple[bool, bool]:
    """Convert an example; return if its structure is the same, and if text was lost in silence."""
    problems: list[Problem] = []
    made = markup.convert(source, "spec.md", 1, problems)
    mine = made.body
    theirs = clean(wanted, [])
    lost = bool(words(theirs) - words(mine)) and not problems and not made.clusters
    same = canonical(mine) == canonical(theirs)
    return same or any(p.code in ("HTM001", "HTM002", "LNK002") for p in problems), lost


def main(arguments: list[str]) -> int:
    """Compare all examples of a specification; print what differs, and the numbers last."""
    spec = Path(arguments[0]).read_text(encoding="utf-8")
    every, same, lost = examples(spec), 0, 0
    verbose = "--verbose" in arguments
    sections: Counter[str] = Counter()
    for number, (section, source, wanted) in enumerate(every, 1):
        is_same, is_lost = compare(source, wanted)
        same += is_same
        lost += is_lost
        sections[section] += not is_same
        if verbose and (is_lost or not is_same):
            problems: list[Problem] = []
            mine = canonical(markup.convert(source, "spec.md", 1, problems).body)
            print(f"--- {number} {section}{' LOST' if is_lost else ''}\n{source}")
            print(f"{mine}\n{canonical(clean(wanted, []))}")
    for section, count in sections.items():
        if count:
            print(f"{section}: {count} differ")
    print(f"same {same} of {len(every)}, text lost {lost}")
    return 0 if not lost else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
