"""The tags of a finished PDF, as the HTML that they stand for. Owner of pikepdf for reading.

In: the bytes of a PDF and the text drawn on its pages. Out: `Tags`: a tree of HTML elements, in
which every text is the one drawn where the tags say it is. The names follow the PDF Association's
"Deriving HTML from PDF". This module must not know how the file was made, or what it should say.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any

from lxml import etree

from press.core.records import dataclass
from press.core.speech import plain_words
from press.core.trees import Element
from press.readback.pdf import PdfPage, TextSpan

LABEL = "label"
"""The element that holds the number or bullet of a list item, which `li` has as an attribute."""
_DEEPEST = 100
"""Levels of nesting; a handout has about ten."""
_MOST = 1_000_000
"""Elements; a handout of 500 pages has about 50,000."""
_NAMES = {
    # ISO 32000-1, 14.8.4; ISO 32000-2, 14.8.4 for those that only PDF 2.0 has
    **{f"H{level}": f"h{level}" for level in range(1, 7)},
    "Document": "body",
    "Sect": "section",
    "BlockQuote": "blockquote",
    "P": "p",
    "Title": "p",
    "L": "ul",
    "LI": "li",
    "TOC": "ul",
    "TOCI": "li",
    "Table": "table",
    "TR": "tr",
    "TH": "th",
    "TD": "td",
    "THead": "thead",
    "TBody": "tbody",
    "TFoot": "tfoot",
    "Note": "div",
    "FENote": "div",
    "Div": "div",
    "Part": "div",
    "Art": "div",
    "Aside": "div",
    "NonStruct": "span",
    "Link": "a",
    "Em": "em",
    "Strong": "strong",
}
_PICTURES = ("Figure", "Formula")
_CLOSING = frozenset(".,;:!?)\u2019\u201d")
"""What follows a picture or formula without a space."""
_CODE = "a block of code"
"""The type of a paragraph that holds nothing but code."""
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What no XML can hold (XML 1.0, 2.2)."""
_INLINE = frozenset(
    "P H1 H2 H3 H4 H5 H6 TD TH LBody Caption Link Span Lbl Reference Em Strong Sub".split()
)
"""Types that hold a line of text, so that `Code` in them is a piece of it, not a block."""


@dataclass
class Tags:
    """What the tags of a PDF say."""

    root: Element
    """A `<body>`. Each text is in an element `<t>`; the labels of list items, in `<label>`."""
    marks: dict[Element, list[tuple[int, int]]] = field(default_factory=dict)
    """For each `<img>`, the page and number of its marked contents."""
    drawn: dict[Element, list[TextSpan]] = field(default_factory=dict)
    """For each `<t>` and `<img>`, the text objects of its marked content, in drawing order."""
    pages: dict[Element, int] = field(default_factory=dict)
    """For each of them, the number of its page, from 0."""
    said: dict[Element, str] = field(default_factory=dict)
    """For each element `<img>` of text that is heard as another than is drawn, that text."""
    undescribed: list[int] = field(default_factory=list)
    """The pages, from 0, of pictures that have no description."""
    uses: dict[tuple[int, int], int] = field(default_factory=dict)
    """For each marked content, by page (from 0) and number, how often the tags name it."""


def read_tags(data: bytes, pages: Sequence[PdfPage]) -> Tags:
    """Read the tags of a PDF whose pages have been read.

    Raises:
        ValueError: there are no tags, or they are damaged.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            root = pdf.Root.get("/StructTreeRoot")
            if root is None:
                raise ValueError("it has no tags")
            return _Reader(pdf, root, pages).read()
    except (pikepdf.PdfError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise ValueError(f"its tags are damaged ({error})") from None


def number_of(label: str) -> str:
    """Return the number in the label of a list item, without its period; nothing for a bullet."""
    number = "".join(c for c in label.replace("\u2212", "-") if c.isalnum() or c == "-")
    return number if any(map(str.isalnum, number)) else ""


class _Reader:
    def __init__(self, pdf: Any, root: Any, pages: Sequence[PdfPage]) -> None:
        import pikepdf

        self.pikepdf = pikepdf
        self.root = root
        self.roles = {k: str(v)[1:] for k, v in dict(root.get("/RoleMap", {})).items()}
        self.numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        self.annotations = {
            annotation.objgen for page in pdf.pages for annotation in page.obj.get("/Annots", [])
        }
        self.texts: list[dict[int, list[TextSpan]]] = []
        for page in pages:
            held: dict[int, list[TextSpan]] = {}
            for text in page.texts:
                held.setdefault(text.mcid, []).append(text)
            self.texts.append(held)
        self.tags = Tags(etree.Element("body"))
        self.count = 0
        self.last: tuple[int, TextSpan | None] = -1, None
        self.apart = False

    def read(self) -> Tags:
        for kid in _kids(self.root, self.pikepdf):
            self._element(kid, self.tags.root, -1, 0, "")
        for label in self.tags.root.iter(LABEL):
            item = label.getparent()
            if item is not None and item[0] is label:
                said = plain_words("".join(map(str, label.itertext())))
                item.set("label", number_of(said))
        return self.tags

    def _element(self, item: Any, into: Element, page: int, depth: int, parent: str) -> None:
        """Add a structure element and all that it holds to an HTML element."""
        self.count += 1
        if depth > _DEEPEST or self.count > _MOST:
            raise ValueError("its tags are nested too deeply, or too many")
        kind = self._kind(item)
        if "/Pg" in item:
            page = self.numbers.get(item.Pg.objgen, -1)
        element = self._made(item, kind, into, parent)
        if kind in _PICTURES and element.tag != "img" and self._draws(item):
            self.tags.undescribed.append(page)
        said = item.get("/ActualText", item.get("/Alt") if kind not in _PICTURES else None)
        if said is not None and element.tag == "del":  # `proof.matching.struck_differs` compares it
            element.set("said", _CONTROLS.sub("", str(said)))
        elif said is not None:  # heard instead of all that is in it (ISO 32000-1, 14.9.3 and 4)
            words = _CONTROLS.sub("", str(said))
            etree.SubElement(element, "span").text = words
            element = etree.SubElement(element, "img")
            self.tags.said[element] = words
        for kid in _kids(item, self.pikepdf):
            if isinstance(kid, int):
                self._content(element, page, kid)
            elif kid.get("/Type") == "/MCR":
                there = self.numbers.get(kid.Pg.objgen, -1) if "/Pg" in kid else page
                self._content(element, there, int(kid.MCID))
            elif kid.get("/Type") != "/OBJR":
                self._element(kid, element, page, depth + 1, kind)

    def _kind(self, item: Any) -> str:
        """Return the type of an element: a standard one, if its own stands for one."""
        kind = str(item.get("/S", "/NonStruct"))[1:]
        for _ in range(10):  # a role may stand for another role
            if kind in _NAMES or (mapped := self.roles.get(f"/{kind}")) is None:
                break
            kind = mapped
        return _CODE if kind == "P" and _is_code(item, self.pikepdf) else kind

    def _made(self, item: Any, kind: str, into: Element, parent: str) -> Element:
        """Make the HTML element for a structure element, or return the one that takes its text."""
        if parent == "LI" and kind not in ("Lbl", "LBody"):
            holder = into.getparent()  # it is not a part of the item
            into = into if holder is None else holder
        if kind == "LBody" or (kind == "Lbl" and parent == "LI"):
            return self._in_item(kind, into)
        if kind in _PICTURES and "/Alt" in item:
            return self._picture(item, kind, into, parent)
        if kind in ("Code", _CODE):
            inline = kind == "Code" and parent in (*_INLINE, "Code", _CODE)
            return etree.SubElement(into, "code" if inline else "pre")
        if kind == "Caption":
            return etree.SubElement(into, "caption" if parent == "Table" else "figcaption")
        made = etree.SubElement(into, _NAMES.get(kind, "div" if kind in _PICTURES else "span"))
        if kind in ("Link", "Span", "Reference"):
            self._give_meaning(made, item, kind)
        elif kind in ("Note", "FENote"):
            made.set("role", "doc-footnote")
        elif kind == "L" and _described(item, self.pikepdf):
            made.tag = "dl"
        elif kind in ("TH", "TD"):
            _give_table_attributes(made, item, self.pikepdf)
        return made

    def _give_meaning(self, made: Element, item: Any, kind: str) -> None:
        """Say where a link leads, what refers to a note, and what is deleted."""
        if kind == "Link":
            made.set("href", self._target(item))
        if kind == "Reference" or (kind == "Link" and "/Ref" in item):
            made.set("class", "noteref")
        if kind == "Span" and _is_struck(item, self.pikepdf):
            made.tag = "del"

    def _picture(self, item: Any, kind: str, into: Element, parent: str) -> Element:
        """Make the HTML element for a picture or formula."""
        if parent not in _INLINE or _is_placed_as_block(item, self.pikepdf):
            # A block: the next picture is another one.
            into = etree.SubElement(into, "div")
        image = etree.SubElement(into, "img", attrib={"alt": _CONTROLS.sub("", str(item.Alt))})
        if kind == "Formula":
            image.set("class", "math")
        return image

    def _in_item(self, kind: str, item: Element) -> Element:
        """Return where the text of a label or body of a list item goes."""
        around = item.getparent()
        if around is None or around.tag != "dl":
            return etree.SubElement(item, LABEL) if kind == "Lbl" else item
        item.tag = "div"
        return etree.SubElement(item, "dt" if kind == "Lbl" else "dd")

    def _target(self, link: Any) -> str:
        """Return where a link leads: an address, `#` for a place in the file, or nothing.

        Each line of a link has an annotation of its own, which must be on a page.
        """
        targets = set()
        for kid in _kids(link, self.pikepdf):
            if isinstance(kid, int) or kid.get("/Type") != "/OBJR" or "/Obj" not in kid:
                continue
            annotation = kid.Obj
            action = annotation.get("/A", {})
            inner = "/Dest" in annotation or "/D" in action or "/SD" in action
            target = str(action["/URI"]) if "/URI" in action else "#" if inner else ""
            targets.add(target if annotation.objgen in self.annotations else "")
        return min(targets, default="")  # nothing, if one of them leads nowhere

    def _draws(self, item: Any) -> bool:
        """Say if an element has content of its own."""
        kids = _kids(item, self.pikepdf)
        return any(isinstance(kid, int) or kid.get("/Type") == "/MCR" for kid in kids)

    def _content(self, element: Element, page: int, mcid: int) -> None:
        """Add the text of a marked content."""
        self.tags.uses[page, mcid] = self.tags.uses.get((page, mcid), 0) + 1
        drawn = self.texts[page].get(mcid, []) if 0 <= page < len(self.texts) else []
        holder = element if element.tag == "img" else etree.SubElement(element, "t")
        if holder.tag == "t" and drawn:
            words = ""
            for text in drawn:
                words += f" {text.text}" if self._new_line(page, text) else text.text
                self.last = page, text
            holder.text = _CONTROLS.sub("", words)
        elif holder.tag == "img":
            self.apart = True
            self.tags.marks.setdefault(holder, []).append((page, mcid))
        self.tags.drawn.setdefault(holder, []).extend(drawn)
        self.tags.pages.setdefault(holder, page)

    def _new_line(self, page: int, text: TextSpan) -> bool:
        """Say if a text begins a line, or follows a picture, and the last did not end in a word."""
        before, last = self.last
        apart = self.apart and text.text[:1] not in _CLOSING
        self.apart = False
        if last is None or last.text.endswith(("-", "/")):
            return False
        lower = last.baseline - text.baseline > 0.45 * max(last.size, text.size)
        return apart or page != before or lower


def _kids(item: Any, pikepdf: Any) -> Iterator[Any]:
    kids = item.get("/K")
    if kids is not None:
        yield from (kids if isinstance(kids, pikepdf.Array) else [kids])


def _is_code(item: Any, pikepdf: Any) -> bool:
    """Say if a paragraph holds a block of code and nothing else."""
    kids = list(_kids(item, pikepdf))
    if len(kids) != 1 or isinstance(kids[0], int) or kids[0].get("/S") != "/Code":
        return False
    return _is_placed_as_block(kids[0], pikepdf)


def _is_placed_as_block(item: Any, pikepdf: Any) -> bool:
    """Say if an element is laid out as a block of its own (ISO 32000-1, 14.8.5.4)."""
    return any(one.get("/Placement") == "/Block" for one in _attributes(item, "/Layout", pikepdf))


def _is_struck(item: Any, pikepdf: Any) -> bool:
    """Say if a line goes through a text (ISO 32000-1, table 345)."""
    found = _attributes(item, "/Layout", pikepdf)
    return any(one.get("/TextDecorationType") == "/LineThrough" for one in found)


def _attributes(item: Any, owner: str, pikepdf: Any) -> Iterator[Any]:
    """Yield the attribute objects of an owner (ISO 32000-1, 14.7.5)."""
    found = item.get("/A")
    if found is not None:
        every = found if isinstance(found, pikepdf.Array) else [found]
        yield from (one for one in every if not isinstance(one, int) and one.get("/O") == owner)


def _described(item: Any, pikepdf: Any) -> bool:
    """Say if a list holds terms and descriptions: it has labels, but no numbering."""
    found = _attributes(item, "/List", pikepdf)
    kinds = [str(one.get("/ListNumbering", "/None")) for one in found]
    return all(kind in ("/None", "/Description") for kind in kinds) and any(
        kid.get("/S") == "/Lbl"
        for line in _kids(item, pikepdf)
        if not isinstance(line, int)
        for kid in _kids(line, pikepdf)
        if not isinstance(kid, int)
    )


def _give_table_attributes(cell: Element, item: Any, pikepdf: Any) -> None:
    """Copy spans, scope, id, and headers of a cell (ISO 32000-1, 14.8.5.7)."""
    if "/ID" in item:
        cell.set("id", str(item.ID))
    for one in _attributes(item, "/Table", pikepdf):
        for name in ("ColSpan", "RowSpan"):
            if f"/{name}" in one:
                cell.set(name.lower(), str(int(one[f"/{name}"])))
        if "/Scope" in one:
            cell.set("scope", {"/Row": "row", "/Both": "row"}.get(str(one.Scope), "col"))
        if "/Headers" in one:
            cell.set("headers", " ".join(re.sub(r"\s", "_", str(id_)) for id_ in one.Headers))
