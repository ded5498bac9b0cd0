"""Numbered references: a list below the heading "References", linked from the numbers in the text.

In: the tree of a document. Out: the same tree, in which `[2]`, `[1-3]`, and raised numbers are
links to their entries. Numbers without an entry are marked. No entry and no number is removed.
Must not know Markdown.
"""

from __future__ import annotations

import re
from itertools import pairwise

from lxml import etree

from press.core.trees import Element, Run, remove, text_runs
from press.importing.draft import HEADINGS, mark, words

_TITLE = re.compile(
    r"(?:[\dIVX]+[.)]?\s+)?(?:(?:list of )?references?(?: list)?|bibliography|works cited|"
    r"literature(?: cited)?|sources|citations|notes and references)\s*:?",
    re.I,
)
_LIST = r"\d{1,3}(?:\s*[,;–—-]\s*\d{1,3})*"
_CITED = re.compile(rf"\[\s*({_LIST})\s*\]")
_RAISED = re.compile(rf"[\[(]?\s*({_LIST})\s*[\])]?")
_ENTRY = re.compile(r"\s*(?:\[(\d{1,3})\]|\(?(\d{1,3})[.)])\s*(?=\S)")
_SKIPPED = ("a", "code", "pre", "kbd", "samp")


def is_references(line: str) -> bool:
    """Return whether a heading announces a list of references."""
    return bool(_TITLE.fullmatch(line.strip()))


def link_references(body: Element) -> int:
    """Link the numbers in the text to the entries; return the number of linked entries."""
    heads = [e for e in body if e.tag in HEADINGS and is_references(words(e))]
    if not heads:
        return 0
    head = heads[-1]
    part = [head]
    for element in head.itersiblings():
        if element.tag in HEADINGS and str(element.tag) <= str(head.tag):
            break
        part.append(element)
    entries = _entries(part[1:], _cited(body, part))
    if not entries:
        return 0
    outside = [e for e in body if e not in part]
    linked: set[int] = set()
    for block in outside:
        linked |= _link(block, entries)
    return len(linked)


def _cited(body: Element, part: list[Element]) -> int:
    """Return the number of the last reference that the text cites; 0 if there is none."""
    found = [0]
    for block in body:
        if block not in part:
            text = " ".join(run.read() for run in text_runs(block))
            groups = [m[1] for m in _CITED.finditer(text)]
            groups += [m[1] for sup in block.iter("sup") if (m := _RAISED.fullmatch(words(sup)))]
            found += [int(n) for group in groups for n in re.findall(r"\d+", group)]
    return max(found)


def _entries(blocks: list[Element], cited: int) -> dict[int, Element]:
    """Return the entries by number: items of lists, and paragraphs that begin with a number."""
    if not cited:
        return {}
    lists = [block for block in blocks if block.tag in ("ol", "ul")]
    paragraphs = [block for block in blocks if block.tag == "p"]
    found: dict[int, Element] = {}
    for holder in lists:
        number = int(holder.get("start") or 1)
        for item in holder:
            own = _ENTRY.match(item.text or "")
            if holder.tag == "ul" and not own:
                continue
            if own and int(own[1] or own[2]) == number:
                item.text = (item.text or "")[own.end() :]
                holder.tag = "ol"
            found.setdefault(number, item)
            number += 1
    numbered = {int(m[1] or m[2]): p for p in paragraphs if (m := _ENTRY.match(p.text or ""))}
    if numbered:
        found = {**numbered, **found}
    elif not lists and cited <= len(paragraphs):
        found = dict(enumerate(paragraphs, 1))
    _as_list([found[n] for n in found if found[n].tag == "p"], found)
    for number, element in found.items():
        element.set("id", f"ref-{number}")
    return found


def _as_list(paragraphs: list[Element], found: dict[int, Element]) -> None:
    """Make one list of paragraphs that follow each other and count from 1."""
    ordered = sorted(number for number, element in found.items() if element in paragraphs)
    together = all(a.getnext() is b for a, b in pairwise(paragraphs))
    if not together or ordered != list(range(1, len(ordered) + 1)) or not ordered:
        return
    holder = etree.Element("ol")
    paragraphs[0].addprevious(holder)
    for item in paragraphs:
        item.tail = None
        own = _ENTRY.match(item.text or "")
        if own:
            item.text = (item.text or "")[own.end() :]
        item.tag = "li"
        holder.append(item)


def _link(block: Element, entries: dict[int, Element]) -> set[int]:
    """Link the numbers in a block; return those that were linked."""
    linked: set[int] = set()
    for run in text_runs(block):
        home = run.element.getparent() if run.is_tail else run.element
        if home is None or any(e.tag in _SKIPPED for e in (home, *home.iterancestors())):
            continue
        if home.tag == "sup" and not len(home) and _RAISED.fullmatch(run.read()):
            _insert(run, [(0, len(run.read()))], entries, linked)
        else:
            _insert(run, [m.span() for m in _CITED.finditer(run.read())], entries, linked)
    return linked


def _insert(
    run: Run, spans: list[tuple[int, int]], entries: dict[int, Element], linked: set[int]
) -> None:
    """Replace the numbers within spans of a run by links."""
    text = run.read()
    pieces: list[str | Element] = []
    done = 0
    for start, end in spans:
        pieces.append(text[done:start])
        numbers = [int(n) for n in re.findall(r"\d+", text[start:end])]
        if not any(n in entries for n in numbers):
            pieces.append(text[start:end])
            if run.element.tag != "sup" or run.is_tail:
                pieces.append(mark(f"{text[start:end]} has no entry in the references"))
            done = end
            continue
        for part in re.split(r"(\d+)", text[start:end]):
            if part.isdigit() and int(part) in entries:
                link = etree.Element("a", href=f"#ref-{int(part)}")
                link.text = part
                linked.add(int(part))
                pieces.append(link)
            else:
                pieces.append(part)
        lost = [str(n) for n in numbers if n not in entries]
        if lost:
            pieces.append(mark(f"{', '.join(lost)} has no entry in the references"))
        done = end
    if pieces:
        run.insert([*pieces, text[done:]])


def take_notes(body: Element) -> dict[str, Element]:
    """Take notes out of a tree, as HTML writes them: a raised link to an item that links back.

    Returns the notes by label; the tree has a token in place of each reference.
    """
    from press.importing.draft import NOTE_CLOSE, NOTE_OPEN

    items = {e.get("id"): e for e in body.iter("li", "p", "div") if e.get("id")}
    notes: dict[str, Element] = {}
    labels: dict[str, str] = {}
    for link in list(body.iter("a")):
        target = (link.get("href") or "")[1:]
        item = items.get(target) if (link.get("href") or "").startswith("#") else None
        parent = link.getparent()
        raised = parent is not None and (parent.tag == "sup" or link.find("sup") is not None)
        if item is None or not raised or item in link.iterancestors():
            continue
        back = {link.get("id"), parent.get("id") if parent is not None else None} - {None}
        if target not in labels:
            if not any((a.get("href") or "#")[1:] in back for a in item.iter("a")):
                continue
            labels[target] = str(len(labels) + 1)
            notes[labels[target]] = item
        token = etree.Element("span")
        token.text = f"{NOTE_OPEN}{labels[target]}{NOTE_CLOSE}"
        whole = link
        while (up := whole.getparent()) is not None and up.tag == "sup" and len(up) == 1:
            if (up.text or "").strip() or (whole.tail or "").strip():
                break
            whole = up
        token.tail = whole.tail
        whole.tail = None
        holder = whole.getparent()
        assert holder is not None
        holder.replace(whole, token)
    for item in notes.values():
        _without_back_links(item)
        holder = item.getparent()
        if holder is not None:
            remove_element(item)
            if holder.tag in ("ol", "ul") and not len(holder) and holder.getparent() is not None:
                remove_element(holder)
        item.tag = "div"
        item.attrib.pop("id", None)  # only the numbers of notes lead to them
    return notes


def remove_element(element: Element) -> None:
    """Take an element out of its tree with its content, and keep the text that follows it."""
    parent = element.getparent()
    assert parent is not None
    place = etree.Element("span")
    place.tail, element.tail = element.tail, None
    parent.replace(element, place)
    remove(place)


def _without_back_links(item: Element) -> None:
    """Remove the arrows that lead back from a note to the text."""
    for link in list(item.iter("a")):
        if (link.get("href") or "").startswith("#") and not re.search(r"\w", words(link)):
            remove(link)
    for empty in [p for p in item.iter("p") if not words(p) and p.find(".//img") is None]:
        if empty.getparent() is not None:
            remove_element(empty)
