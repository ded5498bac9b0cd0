"""The sheet: what an author marked for one leaf of paper, and what must be on it.

In: a Document. Out: the Document of the sheet, whose parts are those of side 1 and then those of
side 2, or the places where something is marked. Text is chosen by class and id, never by the words
of a heading. This module must not know any renderer.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from lxml import etree

from press.core import trees
from press.core.model import CRISIS, Document, Part
from press.core.records import dataclass
from press.core.trees import Element, has_class

MARK = "short"
_UNMARKED = ("key-points", "box-urgent", "questions")
"""The classes of what a sheet takes from an article without any mark."""
_INNER = frozenset("dt dd figcaption caption thead tbody tfoot tr th td".split())
"""Blocks that are nothing without the list, figure, or table around them."""
_HEADING = re.compile("h[1-6]")

Group = Literal["main", "crisis", "more", "notices", "ladder", "questions", "made"]
SIDE_1: tuple[Group, ...] = ("crisis", "main", "more", "notices")
_ORDER: tuple[Group, ...] = (*SIDE_1, "ladder", "questions", "made")
OVERLEAF: tuple[Group, ...] = ("crisis", "main", "notices", "ladder", "questions", "more", "made")
"""The order in which everything that has no place of its own is on side 2."""


@dataclass(frozen=True)
class Taken:
    """What a sheet takes from one section of the article."""

    section: Element
    blocks: tuple[Element, ...]
    """Blocks of the section; the section itself if it is taken whole."""

    @property
    def is_whole(self) -> bool:
        """Say if the section is taken whole."""
        return self.blocks == (self.section,)


def taken(document: Document) -> list[Taken]:
    """Return what is marked: with the class `short`, or else with a class that says what it is.

    What the front matter names is taken in both cases.
    """
    sections = [trees.parse(p.xhtml) for p in document.parts if p.kind in ("opening", "section")]
    marks = (MARK,) if any(_marked(s, (MARK,), ()) for s in sections) else _UNMARKED
    names = document.matter.short
    found = ((section, _marked(section, marks, names)) for section in sections)
    return [Taken(section, tuple(blocks)) for section, blocks in found if blocks]


def unknown(document: Document) -> list[str]:
    """Return the ids that the front matter names and that the article does not have."""
    ids: set[str] = set()
    for part in document.parts:
        if part.kind in ("opening", "section"):
            ids.update(_name(e) for e in trees.parse(part.xhtml).iter("*"))
            ids.add(part.id)
    return [name for name in document.matter.short if name not in ids]


def _name(element: Element) -> str:
    return element.get("id") or ""


def _marked(section: Element, marks: Sequence[str], names: Sequence[str]) -> list[Element]:
    """Return the outermost elements with a mark; a heading stands for everything below it."""
    found: list[Element] = []

    def look(element: Element) -> None:
        if has_class(element, "notice"):
            return
        if any(has_class(element, mark) for mark in marks) or _name(element) in names:
            found.extend(e for e in _below(_block_of(element)) if e not in found)
            return
        for child in element:
            if child not in found and isinstance(child.tag, str):
                look(child)

    look(section)
    return found


def _block_of(element: Element) -> Element:
    """Return the block that an element is in, or is itself: marked words bring their sentence."""
    around = [element, *element.iterancestors()]
    return next((e for e in around if trees.is_block(e) and e.tag not in _INNER), element)


def _below(element: Element) -> Iterator[Element]:
    """Yield an element; if it is a heading, also what follows it up to the next of its level."""
    yield element
    level = str(element.tag)
    if _HEADING.fullmatch(level):
        for block in element.itersiblings():
            same = _HEADING.fullmatch(str(block.tag)) and str(block.tag) <= level
            if same or has_class(block, "notes"):
                return
            yield block


def notices(document: Document) -> dict[str, Element]:
    """Return the sections of all required notices that are in the text, by id, in its order."""
    required = {f"notice-{p.notice.id}" for p in document.placements if p.notice.required}
    found: dict[str, Element] = {}
    for part in document.parts:
        if 'class="notice ' in part.xhtml:
            for section in trees.parse(part.xhtml).iter("section"):
                if has_class(section, "notice") and _name(section) in required:
                    found.setdefault(_name(section), section)
    return found


def view(document: Document, order: Sequence[Group] = _ORDER) -> Document:
    """Return the document of the sheet: what is marked and every required notice, in its order.

    Citations are left out, because the references are in the whole text, and so are links to what
    is not on the sheet.
    """
    parts: dict[Group, list[Element]] = {group: [] for group in order}
    notes = _notes(document)
    for each in taken(document):
        for group, section in _sections(each, notes):
            parts[group].append(section)
    for name, notice in notices(document).items():
        parts["crisis" if name in CRISIS else "notices"].append(notice)
    parts["made"].append(_facts(document))
    grouped = [(group, section) for group in order for section in parts[group]]
    _free_ids([section for _, section in grouped])
    _cut_links([section for _, section in grouped])
    return replace(
        document,
        matter=replace(document.matter, abstract=""),
        parts=tuple(_part(section, group) for group, section in grouped),
        facts=(),
    )


def group_of(part: Part) -> Group:
    """Return the group of a part of a sheet."""
    found = re.search(r'class="sheet-(\w+)', part.xhtml)
    assert found
    return found[1]  # type: ignore[return-value]


def overleaf(sheet: Document) -> Document:
    """Return a sheet with everything that has no place of its own on side 2."""
    parts = sorted(sheet.parts, key=lambda part: OVERLEAF.index(group_of(part)))
    return replace(sheet, parts=tuple(parts))


def _rungs(section: Element) -> None:
    """Put each heading of a ladder into a box with what follows it."""
    for heading in list(section.iter("h3")):
        rung = etree.Element("div", attrib={"class": "rung"})
        heading.addprevious(rung)
        for block in [heading, *heading.itersiblings()]:
            if block is not heading and (block.tag == "h3" or has_class(block, "notes")):
                break
            rung.append(block)


def _part(section: Element, group: Group) -> Part:
    if group == "ladder":
        _rungs(section)
    section.set("class", f"sheet-{group} {section.get('class') or ''}".strip())
    heading = next((e for e in section.iter("h2")), None)
    title = trees.plain(heading) if heading is not None else ""
    ours = group == "made" or has_class(section, "notice")  # not the author's: in smaller type
    kind: Literal["notice", "section"] = "notice" if ours else "section"
    return Part(_name(section), kind, title, trees.serialize(section))


def _facts(document: Document) -> Element:
    section = etree.Element("section", id="made-by")
    if document.facts:
        etree.SubElement(section, "p").text = " · ".join(document.facts)
    return section


def _notes(document: Document) -> Mapping[str, Element]:
    """Return every note of the article by its id."""
    holders = (
        holder
        for part in document.parts
        if "notes" in part.xhtml
        for holder in trees.parse(part.xhtml).iter("section", "div")
        if has_class(holder, "notes")
    )
    return {_name(note): note for holder in holders for note in holder}


def _sections(each: Taken, notes: Mapping[str, Element]) -> Iterator[tuple[Group, Element]]:
    """Yield what is taken from a section as sections, one for each group."""
    if each.is_whole:
        yield _group(each.section), _finished(copy.deepcopy(each.section), {})
        return
    heading = each.section.find("h2")
    groups: dict[Group, list[Element]] = {}
    for block in each.blocks:
        groups.setdefault(_group(block), []).append(copy.deepcopy(block))
    for group, blocks in groups.items():
        section = etree.Element("section", id=_name(each.section))
        section.set("class", "section")
        if heading is not None and not _is_titled(blocks[0]):
            first = copy.deepcopy(heading)
            section.append(first)
            section.set("aria-labelledby", _name(first))
        for block in _listed(blocks):
            block.tail = None
            section.append(block)
        yield group, _finished(section, notes)


def _listed(blocks: Iterable[Element]) -> Iterator[Element]:
    """Yield blocks; items that are marked one by one are in a list again."""
    last: Element | None = None
    for block in blocks:
        if block.tag != "li":
            last = None
            yield block
            continue
        if last is None:
            last = etree.Element("ul")
            yield last
        block.tail = None
        last.append(block)


def _is_titled(block: Element) -> bool:
    first = block[0] if len(block) else block
    return bool(_HEADING.fullmatch(str(first.tag))) or has_class(first, "box-title")


def _group(element: Element) -> Group:
    """Say where on the sheet an element is placed, from its class or that of what is in it."""
    names = {name for e in element.iter("*") for name in (e.get("class") or "").split()}
    if "box-urgent" in names:
        return "ladder"
    if "questions" in names:
        return "questions"
    return "main" if has_class(element, "key-points") else "more"


def _finished(section: Element, notes: Mapping[str, Element]) -> Element:
    """Add the notes of a section; leave out its notices, its citations, and links from notes."""
    for element in list(section.iter("*")):
        if element is section or element.getparent() is None:
            continue
        if has_class(element, "notice") or has_class(element, "note-places"):
            trees.remove(element)
        elif has_class(element, "citation"):
            _without_numbers(element)
    own = [(a.get("href") or "")[1:] for a in section.iter("a")]
    wanted = [notes[name] for name in dict.fromkeys(own) if name in notes]
    if wanted:
        holder = etree.SubElement(section, "section", attrib={"class": "notes"})
        holder.extend(_finished(copy.deepcopy(note), {}) for note in wanted)
    highest = min((int(str(e.tag)[1]) for e in section.iter("h2", "h3", "h4", "h5", "h6")),
                  default=2)  # fmt: skip
    for heading in section.iter("h3", "h4", "h5", "h6"):
        heading.tag = f"h{int(str(heading.tag)[1]) + 2 - highest}"
    return section


def _without_numbers(citation: Element) -> None:
    """Leave out a citation that is only a number; a name is a part of its sentence."""
    for mark in list(citation.iter("sup")):
        if mark.getparent() is not None:
            trees.remove(mark)
    if any(c.isalpha() for c in "".join(map(str, citation.itertext()))):
        trees.unwrap(citation)
        return
    before, parent = citation.getprevious(), citation.getparent()
    if before is not None:
        before.tail = (before.tail or "").rstrip(" \u00a0")
    elif parent is not None:
        parent.text = (parent.text or "").rstrip(" \u00a0")
    trees.remove(citation)


def _free_ids(sections: Sequence[Element]) -> None:
    """Give each element an id of its own; a section of which two groups are made has it twice."""
    known: set[str] = set()
    for section in sections:
        for element in section.iter("*"):
            name = _name(element)
            if name:
                element.set("id", trees.free_id(name, known))
                known.add(_name(element))
        if (heading := section.find("h2")) is not None:
            section.set("aria-labelledby", _name(heading))


def _cut_links(sections: Sequence[Element]) -> None:
    """Print links to what is not on the sheet as plain words."""
    known = {_name(e) for section in sections for e in section.iter("*")}
    for section in sections:
        for link in list(section.iter("a")):
            target = link.get("href") or ""
            if target.startswith("#") and target[1:] not in known:
                trees.unwrap(link)
