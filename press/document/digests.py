"""Hashes of a text's pieces that do not depend on the numbers of references and notes.

In: a Document. Out: for each section, notice, and reference, its title, a hash of its markup, and
one of its words. An added reference renumbers the others, and an added paragraph changes the ids
after it, but neither changes the hash of a section whose text is the same. This module must not
know how the hashes are used.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from press.core import trees
from press.core.hashing import json_digest
from press.core.model import Document, Notice, Reference
from press.core.trees import Element, has_class, plain
from press.document.ranges import as_before, ends_of
from press.document.words import Words, beside, fold
from press.references.csl.citations import ref_id

_CITATION_ID = re.compile(r"cite-\d+")
_YEAR = re.compile(r"^.*?(?<!\w)(?:\d{4}[a-z]{0,2}|n\.d\.)(?!\w)")
_NUMBER = re.compile(r"\W*(\d+)(?!\w)")
_OUTSIDE = re.compile(r"[();,\[\]–—-]")
_DASH = re.compile(r"\s*[–—‒-]\s*")
_ADDRESS = re.compile(r"https?://|\bdoi:|\bPMC?ID\b", re.IGNORECASE)
_TEXT = 120
"""The number of characters of a reference that are enough to recognize it."""


def short_hash(*values: Any) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of values that JSON can hold."""
    return json_digest(values)[:16]


class Digests:
    """Title and hash of each section, notice, and reference of a Document, in reading order."""

    def __init__(self, document: Document) -> None:
        self.sections: dict[str, dict[str, str]] = {}
        self.notices: dict[str, dict[str, str]] = {}
        self.references: dict[str, dict[str, str]] = {}
        self.order: list[str] = []
        """The ids of sections and notices, in order."""
        self._document = document
        self._by_id = {f"#{ref_id(r.key)}": r for r in document.references}
        self._by_number = {r.number: r for r in document.references}
        self._numeric = any("<ol" in p.xhtml for p in document.parts if p.kind == "references")
        self._as_text: dict[str, list[str]] = {}
        """For each notice id, its texts, as it may be placed several times."""
        self._as_words: dict[str, list[list[Any]]] = {}
        self._words = Words(document, named=True)
        self._titles: dict[str, str] = {}
        self._read_parts()
        self._read_notices()
        for reference in document.references:
            self.references[reference.key] = {
                "text": _in_short(reference),
                "hash": short_hash(as_before(reference.xhtml, {}), beside(reference)),
                "words": short_hash(reference.work, fold(beside(reference))),
            }

    def _read_parts(self) -> None:
        ids = {f"notice-{p.notice.id}": p.notice.id for p in self._document.placements}
        for part in self._document.parts:
            self.order.append(part.id)
            if part.kind == "references":
                continue
            tree, said = trees.parse(part.xhtml), trees.parse(part.xhtml)
            self._normalize(tree)
            pairs = list(zip(tree.iter("section"), said.iter("section"), strict=True))
            for element, twin in [pair for pair in pairs if pair[0].get("id") in ids]:
                name = ids[element.get("id") or ""]
                self._as_words.setdefault(name, []).append(self._words.of(twin))
                self._as_text.setdefault(name, []).append(_as_text(element))
                self._titles[name] = plain(element[0])
                if element is not tree:
                    self.order.append(f"notice-{name}")
                    _replace(element, "")
                    _replace(twin, "")
            if part.kind != "notice":
                heading = tree.find("h2")
                title = _title(heading) if heading is not None else ""
                if heading is not None:
                    _replace(heading, "")
                    _replace(said[0], "")
                self.sections[part.id] = {
                    "title": title,
                    "hash": short_hash(_as_text(tree)),
                    "words": short_hash(self._words.of(said)),
                }

    def _read_notices(self) -> None:
        placed = {p.notice.id: p.notice for p in self._document.placements}
        lasting = {p.notice.id for p in self._document.placements if p.place.kind == "every-page"}
        for name in [*self._as_text, *(n for n in placed if n not in self._as_text)]:
            short = self._short(placed[name]) if name in lasting else ""
            digest = short_hash(self._as_text.get(name, []), short)
            title = self._titles.get(name, placed[name].title)
            words = short_hash(self._as_words.get(name, []), fold(short))
            self.notices[name] = {"title": title, "hash": digest, "words": words}

    def _short(self, notice: Notice) -> str:
        """Return a notice's short text; if it has placeholders, the complete line of the page."""
        return self._document.short if "{{" in notice.short else notice.short

    def _normalize(self, tree: Element) -> None:
        """Replace citation marks with keys, and remove numbers and letters from notes."""
        for element in [e for e in tree.iter("span") if _CITATION_ID.fullmatch(e.get("id") or "")]:
            _replace(element, f"[@{'; '.join(self._cited(element))}]")
        for places in [e for e in tree.iter("p", "span") if has_class(e, "note-places")]:
            if places.getparent() is not None:
                _replace(places, "")
        for back in [e for e in tree.iter("a") if e.get("class") == "note-back"]:
            _replace(back, "")
        seen: list[str] = []
        for mark in [e for e in tree.iter("sup") if e.get("class") == "noteref"]:
            target = next((a.get("href") or "" for a in mark.iter("a")), "")
            if target not in seen:
                seen.append(target)
            _replace(mark, f"[^{seen.index(target) + 1}]")

    def _cited(self, mark: Element) -> Iterator[str]:
        """Yield a citation's keys with their locators, then the words around them, each sorted."""
        links = [a for a in mark.iter("a") if a.get("href") in self._by_id]
        ranges = {a: ends for a in mark.iter("a") if (ends := ends_of(a.get("href") or ""))}
        numbers = (n for first, last in ranges.values() for n in range(first, last + 1))
        keys = [self._by_number[n].key for n in numbers if n in self._by_number]
        for index, link in enumerate(links):
            reference = self._by_id[link.get("href") or ""]
            keys.append(reference.key + self._locator("".join(link.itertext()), reference.number))
            if self._numeric and index and _DASH.fullmatch(links[index - 1].tail or ""):
                first = self._by_id[links[index - 1].get("href") or ""].number
                between = range(first + 1, reference.number)
                keys += [self._by_number[n].key for n in between if n in self._by_number]
        yield from sorted(keys)
        around = copy.deepcopy(mark)
        shown = [a for a in around.iter("a") if a.get("href") in self._by_id]
        for link in [*shown, *(a for a in around.iter("a") if ends_of(a.get("href") or ""))]:
            _replace(link, ";")
        pieces = (piece.strip() for piece in _OUTSIDE.split("".join(around.itertext())))
        yield from sorted(piece for piece in pieces if any(c.isalnum() for c in piece))

    def _locator(self, text: str, number: int) -> str:
        """Return the text of a link after its number, or after its name and year."""
        if self._numeric:
            found = _NUMBER.match(text)
            return text[found.end() :] if found and found[1] == str(number) else text
        found = _YEAR.search(text)
        return text[found.end() :] if found else ""


def _title(heading: Element) -> str:
    """Return the words of a heading without the keys that replaced its citations and notes."""
    return " ".join(re.sub(r"\[(?:@[^]]*|\^\d+)\]", "", plain(heading)).split())


def _as_text(element: Element) -> str:
    """Serialize an element without the ids that the program assigns and without line breaks."""
    element = copy.deepcopy(element)
    for inner in element.iter("*"):
        inner.attrib.pop("id", None)
        inner.attrib.pop("aria-labelledby", None)
    text = trees.serialize(element)
    return text if "<pre" in text else re.sub(r"\s+", " ", text)


def _replace(element: Element, text: str) -> None:
    """Replace an element with a text; keep the text after it."""
    parent = element.getparent()
    assert parent is not None
    text += element.tail or ""
    previous = element.getprevious()
    if previous is None:
        parent.text = (parent.text or "") + text
    else:
        previous.tail = (previous.tail or "") + text
    parent.remove(element)


def _in_short(reference: Reference) -> str:
    """Return the beginning of a formatted entry: author, title, often the year."""
    text = _ADDRESS.split(plain(trees.fragment(reference.xhtml)))[0].rstrip() or reference.key
    if len(text) <= _TEXT:
        return text
    head = text[: _TEXT - 1]
    return f"{(head.rpartition(' ')[0] or head).rstrip(' .,;:')}…"
