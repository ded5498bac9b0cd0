"""What can be done only when a whole text is a clean tree: boxes, tasks, abbreviations, examples.

In: the cleaned `<body>` of a text, and what its blocks say. Out: the same tree. This module must
not know the library, nor how blocks are recognized.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from press.core.speech import EMOJI_CLASS
from press.core.trees import Element, has_class, plain, text_runs
from press.source.syntax.nodes import KINDS

_NAMES = {
    "info": "Note", "admonition": "Note", "seealso": "See also", "hint": "Tip", "success": "Tip",
    "attention": "Warning", "error": "Warning", "danger": "Danger",
    "abstract": "Summary", "quote": "Quotation",
}  # fmt: skip
"""The title of a box without one, where it is not the kind itself."""
_HOLDERS = tuple("div section h1 h2 h3 h4 h5 h6".split())
_BOXED = tuple("p ul ol dl blockquote pre table".split())
"""Blocks that get a box around them."""
_SHAPES = ("key-points", "steps", "questions")
"""Classes of sections and boxes that have a look, but no name of their own."""
CLASSES = (*KINDS, *_SHAPES, "short", "page-break", "smallcaps", "underline", "mark")
"""Classes with a meaning in every style."""
OURS = frozenset(
    "box box-title lines examples round half-round lower-alpha upper-alpha lower-roman upper-roman "
    "done to-do implied".split()
)
"""Classes that reading Markdown adds."""
_SIGNS = {True: ("\u2611", "done"), False: ("\u2610", "not done")}
_EXAMPLE = re.compile(r"\(@([\w-]+)\)")
_SILENT = ("code", "pre", "kbd", "samp", "a", "abbr")


def finish(body: Element, meanings: Mapping[str, str]) -> None:
    """Give boxes their titles, tasks their signs, and abbreviations their meanings."""
    _boxes(body)
    _folds(body)
    _tasks(body)
    _examples(body)
    _abbreviations(body, meanings)


def _boxes(body: Element) -> None:
    """Give each box the class of its look, and a title; a class of the author's stays."""
    for element in list(body.iter("*")):
        classes = (element.get("class") or "").split()
        kinds = [name.lower().removeprefix("callout-") for name in classes]
        found = [name for name in kinds if name in KINDS]
        kind = next((name for name in found if name != "admonition"), "".join(found[:1]))
        if not kind or element.tag not in (*_HOLDERS, *_BOXED):
            continue
        box = _around(element) if element.tag in _BOXED else element
        rest = [name for name, plain_name in zip(classes, kinds, strict=True) if plain_name != kind]
        box.set("class", " ".join(["box", f"box-{KINDS[kind]}", *rest]))
        if box.tag == "div" and not _is_titled(box):
            title = etree.Element("p")
            title.set("class", "box-title")
            title.text = _NAMES.get(kind, kind.capitalize())
            if (box.text or "").strip():  # raw HTML that has no paragraphs
                words = etree.Element("p")
                words.text, box.text = box.text, None
                words.extend(list(box))
                box.append(words)
            box.insert(0, title)
    for heading in list(body.iter("h3", "h4", "h5", "h6")):
        _boxed(heading)


def _around(element: Element) -> Element:
    """Return a new box around a block, with its classes."""
    box = etree.Element("div")
    box.set("class", element.attrib.pop("class"))
    element.addprevious(box)
    box.tail, element.tail = element.tail, None
    box.append(element)
    return box


def _folds(body: Element) -> None:
    """Restore what can be folded on a screen, unfolded; a summary alone is a paragraph."""
    for div in body.iter("div"):
        for name in ("details", "summary"):
            if div.get("class") == f"was-{name}":
                del div.attrib["class"]
                div.tag = name
    for summary in body.iter("summary"):
        parent = summary.getparent()
        if parent is None or parent.tag != "details" or parent[0] is not summary:
            summary.tag = "p"
    for details in body.iter("details"):
        details.set("open", "open")


def _is_titled(box: Element) -> bool:
    first = box[0] if len(box) else None
    return first is not None and (
        has_class(first, "box-title") or bool(re.fullmatch("h[1-6]", str(first.tag)))
    )


def _boxed(heading: Element) -> None:
    """Put a heading with the class of a box into a box, with what belongs to it."""
    classes = (heading.get("class") or "").split()
    if not any(name == "box" or name in _SHAPES for name in classes):
        return
    box = etree.Element("div")
    box.set("class", heading.attrib.pop("class"))
    following = list(heading.itersiblings())
    heading.addprevious(box)
    box.append(heading)
    level = str(heading.tag)
    for block in following:
        if re.fullmatch("h[1-6]", str(block.tag)) and str(block.tag) <= level:
            break
        box.append(block)


def _tasks(body: Element) -> None:
    """Put a box to tick before each task; it is read aloud as done, or not done."""
    for item in body.iter("li"):
        for name, done in (("done", True), ("to-do", False)):
            if not has_class(item, name):
                continue
            sign, said = _SIGNS[done]
            span = etree.Element("span", role="img")
            span.set("class", f"{EMOJI_CLASS} tick")
            span.set("aria-label", said)
            span.text = sign
            home = item[0] if len(item) and item[0].tag == "p" and not (item.text or "").strip() \
                else item  # fmt: skip
            span.tail, home.text = f" {(home.text or '').lstrip()}", None
            home.insert(0, span)


def _examples(body: Element) -> None:
    """Give the examples of a text one series of numbers, and link what refers to them."""
    numbers = _numbered(body)
    if not numbers:
        return
    for run in text_runs(body):
        text = run.read()
        pieces: list[str | Element] = []
        at = 0
        for found in _EXAMPLE.finditer(text):
            if found[1] not in numbers or _within(run, _SILENT):
                continue
            link = etree.Element("a", href=f"#example-{found[1]}")
            link.text = f"({numbers[found[1]]})"
            pieces += [text[at : found.start()], link]
            at = found.end()
        if pieces:
            run.insert([*pieces, text[at:]])


def _numbered(body: Element) -> dict[str, int]:
    """Return the numbers of examples with a name, and begin each list with its number."""
    numbers: dict[str, int] = {}
    count = 0
    for list_ in body.iter("ol"):
        if not has_class(list_, "examples"):
            continue
        if count:
            list_.set("start", str(count + 1))
        for item in list_.findall("li"):
            count += 1
            if label := item.attrib.pop("title", ""):
                numbers[label] = count
                item.set("id", f"example-{label}")
    return numbers


def _abbreviations(body: Element, meanings: Mapping[str, str]) -> None:
    """Mark each abbreviation whose meaning is given."""
    if not meanings:
        return
    longest = sorted(map(re.escape, meanings), key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(longest)})(?!\w)")
    for run in text_runs(body):
        text = run.read()
        pieces: list[str | Element] = []
        at = 0
        for found in pattern.finditer(text):
            if _within(run, _SILENT):
                break
            short = etree.Element("abbr", title=meanings[found[0]])
            short.text = found[0]
            pieces += [text[at : found.start()], short]
            at = found.end()
        if pieces:
            run.insert([*pieces, text[at:]])


def _within(run: Any, names: Sequence[str]) -> bool:
    home = run.element.getparent() if run.is_tail else run.element
    return home is not None and (home.tag in names or any(True for _ in home.iterancestors(*names)))


def link_headings(body: Element) -> None:
    """Let links that name a heading lead to it; `[Name]` is such a link only if there is one."""
    headings = {
        " ".join(plain(heading).split()).casefold(): heading.get("id") or ""
        for heading in body.iter("h1", "h2", "h3", "h4", "h5", "h6")
    }
    for link in body.iter("a"):
        if has_class(link, "implied"):
            name = link.attrib.pop("title", "")
            link.attrib.pop("class")
            link.set("href", f"#{headings.get(name, '')}")
