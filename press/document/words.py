"""The words of a handout: what its hash covers, however they are marked up or set.

In: a Document. Out: values that JSON can hold, equal for two states of an article if a reader finds
the same words, numbers, signs, pictures, and works in the same order and roles. Ids, classes, link
addresses, the style of quotation marks, dashes, spaces, and citations, forms of Unicode, and the
program's own labels do not count. This module must not know how the words are hashed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from press.core import trees
from press.core.hashing import digest
from press.core.model import Cluster, Document, Image, Imprint, Reference
from press.core.trees import FORMULA, Element, has_class, local_name

_QUOTES = {**dict.fromkeys("‘’‚‛‹›ʼ′", "'"), **dict.fromkeys("“”„‟«»″", '"')}
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
_UNSEEN = dict.fromkeys("\u00ad\u200b\u200e\u200f\u2060\ufe0e\ufe0f\ufeff", "")
_FORMS = {**_QUOTES, **_DASHES, **_UNSEEN}
_RAISED, _LOWERED, _STRUCK = "\1\2", "\3\4", "\5\6"
"""Control characters before and after what is raised, lowered, or struck out: XML has none."""
_AROUND = {"sup": _RAISED, "sub": _LOWERED, "del": _STRUCK, "s": _STRUCK, "q": '""'}
_TOUCHING = re.compile("\2\1|\4\3|\6\5")
_ANGLES = re.compile("[«‹»›]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_SPACES = re.compile(r"\s+")
_MARK = re.compile(r"(\0[^\0]*\0)")
_CITED = r"(?:\0\[\"cite\"[^\0]*\0)"
_ROLES = frozenset("h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table thead tfoot tr td th caption "
                   "figcaption blockquote".split())  # fmt: skip
_PLAIN = frozenset("p div section figure details summary tbody hr body".split())
"""Blocks without a role: their texts are paragraphs."""
_ATTRIBUTES = ("start", "reversed", "type", "value", "colspan", "rowspan")
"""They print numbers, or say to which rows and columns a cell belongs."""
_CITATION_ID = re.compile(r"cite-(\d+)")


def beside(reference: Reference) -> str:
    """Return what an entry's bibliography says of it: the evidence, and a retraction."""
    said = reference.standing
    return f"{reference.evidence} {said.kind}: {said.notice}" if said else reference.evidence


def words_of(document: Document) -> dict[str, Any]:
    """Return everything that the hash of a handout covers."""
    reader = Words(document)
    content: dict[str, Any] = {
        "front": _front(document),
        "text": reader.text(),
        "short": fold(document.short),
        "address": document.address,
        "works": sorted([fold(r.work or r.key), fold(beside(r))] for r in document.references),
    }
    if document.imprint is not None:
        content["clinic"] = _clinic(document.imprint)
    return content


def _front(document: Document) -> list[Any]:
    """Return the front matter that is printed; topics and keywords are not."""
    matter = document.matter
    reviewer = "" if matter.reviewer.lower() == "none" else fold(matter.reviewer)
    people = [
        [fold(p.name), fold(p.affiliation), p.orcid, p.corresponding and p.email,
         p.corresponding, p.equal]
        for p in matter.authors
    ]  # fmt: skip
    titles = matter.title, matter.subtitle, matter.abstract, matter.audience
    days = matter.reviewed, matter.sources_checked or matter.date
    return [
        *map(fold, titles), people, reviewer, *(str(day or "") for day in days),
        fold(matter.identifier), fold(matter.version),
    ]  # fmt: skip


def _clinic(imprint: Imprint) -> list[Any]:
    """Return what a clinic prints about itself."""
    logo = [_bytes_of(imprint.logo), fold(imprint.logo_alt)] if imprint.logo else []
    said = {name: fold(value) for name, value in imprint.clinic.items()}
    return [fold(imprint.name), said, imprint.contact, logo]


def _bytes_of(image: Image) -> str:
    """Return the hash of a picture's file, as its author made it."""
    return image.original or digest(image.data)


@cache
def _form(character: str) -> str:
    """Return a character as it is compared.

    A form for compatibility becomes its characters, unless digits would run together, as in ½.
    Raised and lowered characters are compared with those that are marked up.
    """
    if character in _FORMS:
        return _FORMS[character]
    kind, _, rest = unicodedata.decomposition(character).partition(" ")
    if not kind.startswith("<") or kind in ("<fraction>", "<circle>", "<square>"):
        return character
    plain = "".join(_form(chr(int(code, 16))) for code in rest.split())
    around = {"<super>": _RAISED, "<sub>": _LOWERED}.get(kind, "")
    if around:
        return around[0] + plain + around[1]
    glued = len(plain) > 1 and (plain[0] == " " or any(c.isdigit() for c in plain))
    return character if glued else plain


def fold(text: str) -> str:
    """Return a text with its quotation marks, dashes, spaces, and Unicode forms folded together.

    After a digit, one quotation mark is not two: 5' is not 5".
    """
    return _folded(text).strip()


def _folded(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        if _ANGLES.search(text):
            text = re.sub(r"(?<=[«‹])\s+|\s+(?=[»›])", "", text)
        text = unicodedata.normalize("NFC", _BEYOND_ASCII.sub(lambda found: _form(found[0]), text))
    if _TOUCHING.search(text):
        text = _TOUCHING.sub("", text)
    if '"' in text:
        text = re.sub(r'(?<!\d)"', "'", text)
    text = _SPACES.sub(" ", text)
    return re.sub(r"(?<=\S) - (?=\S)", "-", text) if " - " in text else text


class Words:
    """The words of a Document's parts, or of elements of them.

    Works and pictures are what they are, or, if `named`, only their keys and names in the project.
    """

    def __init__(self, document: Document, *, named: bool = False) -> None:
        self._document = document
        self._clusters = document.clusters
        self._labels = document.labels
        self._works = {} if named else {r.key: fold(r.work or r.key) for r in document.references}
        self._images = {} if named else {i.name: _bytes_of(i) for i in document.images}
        self._notes: dict[str, int] = {}
        """The number of each note, in the order of their marks."""

    def text(self) -> list[Any]:
        """Return the blocks of all parts in order; the references have none."""
        parts = [p for p in self._document.parts if p.kind != "references"]
        return [block for part in parts for block in self._blocks(trees.parse(part.xhtml))]

    def of(self, element: Element) -> list[Any]:
        """Return the blocks of an element; what is before it does not count."""
        self._notes.clear()
        return self._blocks(element)

    def _blocks(self, element: Element) -> list[Any]:
        """Return what is in an element: texts of paragraphs, and lists that begin with a role."""
        found: list[Any] = []
        run = [element.text or ""]

        def end() -> None:
            if (text := "".join(run).strip()) and (text := _joined(text)):
                found.append(text)
            run.clear()

        for child in element:
            tag = local_name(child)
            if has_class(child, "note-places") and _in_notes(child):
                pass
            elif tag == "pre":
                end()
                found.append(["pre", *_lines(child)])
            elif tag in _ROLES:
                end()
                found.append([_role(child, tag), *self._blocks(child)])
            elif tag in _PLAIN:
                end()
                found += self._blocks(child)
            elif tag:
                run += self._inline(child, tag)
            run.append(child.tail or "")
        end()
        return found

    def _inline(self, element: Element, tag: str) -> Iterator[str]:
        """Yield the text of an inline element; what is not text is a mark."""
        mark = self._marked(element, tag)
        if mark is None:
            mark = self._unlabeled(element)
        if mark is not None:
            yield mark
            return
        around = " " * 2 if trees.is_block(element) else _AROUND.get(tag, "")
        yield around[:1] + (element.text or "")
        for child in element:
            if inner := local_name(child):
                yield from self._inline(child, inner)
            yield child.tail or ""
        yield around[1:]

    def _marked(self, element: Element, tag: str) -> str | None:
        """Return the mark of a picture, formula, note, citation, or blank line; else None."""
        id_ = element.get("id")
        cited = _CITATION_ID.fullmatch(id_) if id_ else None
        index = int(cited[1]) if cited and has_class(element, "citation") else 0
        if tag == "img":
            name = element.get("src") or ""
            return _mark("image", self._images.get(name, name), fold(element.get("alt") or ""))
        if element.tag == FORMULA:
            return _mark("formula", _formula(element))
        if has_class(element, "noteref") and (link := element.find("a")) is not None:
            target = link.get("href") or ""
            return _mark("note", self._notes.setdefault(target, len(self._notes) + 1))
        if 0 < index <= len(self._clusters):
            return _mark("cite", self._cited(self._clusters[index - 1]))
        is_line = has_class(element, "write-in") and element.get("role") == "img"
        return _mark("line") if is_line else None

    def _unlabeled(self, element: Element) -> str | None:
        """Return what replaces a text with a label of the program's; None for any other element.

        A line break is a space, and links back from a note are nothing. A cross-reference is the
        number of a figure, table, or formula, or the title of a section. A class alone hides no
        words.
        """
        if element.tag == "br":
            return " "
        if element.get("class") is None:
            return None
        if has_class(element, "note-back") or has_class(element, "backlinks"):
            return "" if _in_notes(element) else None
        text = "".join(element.itertext())
        if has_class(element, "xref"):
            said, before = fold(text), f"{fold(self._labels['ref-sec'].partition('{')[0])} "
            is_title = said.casefold().startswith(f"{before.casefold()}'")
            return said[len(before) :] if is_title else self._number(text)
        ours = has_class(element, "caption-number") or has_class(element, "equation-number")
        return self._number(text) if ours else None

    def _number(self, text: str) -> str | None:
        """Return the number of a label, such as `Figure 1.`; None if there are other words."""
        number = "".join(re.findall(r"\d+", text))
        known = [self._labels[f"ref-{kind}"].format(number=number) for kind in ("fig", "tbl", "eq")]
        said = fold(text).strip("().").casefold()
        return number if said in {number, *(fold(one).casefold() for one in known)} else None

    def _cited(self, cluster: Cluster) -> list[list[str]]:
        """Return the works of a citation with the author's words about each, in a fixed order."""
        return sorted(
            [self._works.get(c.key, c.key), c.label, *map(fold, (c.prefix, c.locator, c.suffix))]
            for c in cluster.cites
        )


def _in_notes(element: Element) -> bool:
    """Return whether an element is in a note, which ends with links back to its places."""
    return any(has_class(outer, "note") for outer in element.iterancestors("div"))


def _mark(*values: Any) -> str:
    """Return a mark that no text can contain, because XML has no control characters."""
    return f"\0{json.dumps(values)}\0"


def _joined(text: str) -> str:
    """Fold the texts between the marks; a citation's spaces and stops depend on its style."""
    if "\0" not in text:
        return fold(text)
    pieces = enumerate(_MARK.split(text))
    folded = (piece if index % 2 else _folded(piece) for index, piece in pieces)
    text = re.sub(f" *({_CITED}) *", r"\1", "".join(folded))
    # From the first of a run of stops only: from each, a long run would take quadratic time.
    return re.sub(f"(?<![.,])([.,]+)({_CITED}+)", r"\2\1", text).strip()


def _role(element: Element, tag: str) -> str:
    """Return the role of a block with the attributes that count; a heading of a table is a cell."""
    said = [f"{n}={v}" for n in _ATTRIBUTES if (v := element.get(n)) and (n, v) != ("start", "1")]
    said = [one for one in said if one not in ("colspan=1", "rowspan=1")]
    return " ".join(["cell" if tag in ("td", "th") else tag, *said])


def _lines(element: Element) -> list[str]:
    """Return the lines of preformatted text, in which every sign counts."""
    text = unicodedata.normalize("NFC", "".join(element.itertext()))
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _formula(element: Element) -> str:
    """Return the signs of a formula, and how they are set: `msup(x,2)`."""
    inner = [_formula(child) for child in element if local_name(child)]
    if not inner:
        return fold(element.text or "")
    name, signs = local_name(element), ",".join(inner)
    return signs if name in ("math", "mrow", "mstyle") else f"{name}({signs})"
