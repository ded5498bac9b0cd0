"""Tags: the structure tree of a PDF (ISO 32000-1, 14.7), so that it can be read aloud.

In: the pages that WeasyPrint paints. Out: the objects of the structure tree in its file. Replaces
WeasyPrint's own tags, which end with each page: one list on two pages would be read as two lists.
This module must not know documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from press.output.pdf import marking, pdf2
from press.output.pdf.marking import Mark
from press.output.pdf.nodes import Annotation, Node
from press.output.pdf.structure import PICTURES, Structure
from press.output.pdf.tables import describe

_GROUPING = ("Document", "Part", "Art", "Sect", "Div", "BlockQuote")
"""Types that hold blocks only (ISO 32000-1, 14.8.4.2): a P goes around text directly in them."""

_OLDER = {"Unordered": "Disc", "Ordered": "Decimal"}
"""Values of ListNumbering in PDF 2.0, and what is nearest in PDF 1.7."""
_PDF_2 = "2.0"


def start() -> None:
    """Let WeasyPrint write these tags."""
    import weasyprint.pdf
    from weasyprint import document

    whole = document.generate_pdf

    def generate_pdf(rendered: Any, *args: Any, **options: Any) -> Any:
        variant = weasyprint.pdf.VARIANTS.get(options["pdf_variant"], (None, {}))[1]
        if options["pdf_tags"] or variant.get("pdf_tags"):
            rendered.structure = Structure(rendered.pages)
        marking.find_turned(rendered.pages)
        return whole(rendered, *args, **options)

    document.generate_pdf = generate_pdf
    weasyprint.pdf.add_tags = _add_tags
    marking.start()


def _add_tags(pdf: Any, document: Any, version: Any, streams: Sequence[Any]) -> None:
    """Replace `add_tags`: write the structure tree of painted pages."""
    marks = {
        stream: marking.in_order(stream, found)
        for page in streams
        for stream, found in page._tags.items()  # noqa: SLF001 - patched
    }
    structure: Structure = document.structure
    root, new = structure.root, _text(version) >= _PDF_2
    _settle(root)
    for number, table in enumerate([n for n in root.nodes() if n.kind == "Table"], 1):
        describe(table, f"table-{number}")
    for each in (node for node in root.nodes() if node.kind == "L"):
        _number(each, new=new)
    if new:
        pdf2.renew(structure)
    _Writer(pdf, streams, new=new).write(root, marks)
    if new:
        pdf2.lead(pdf, structure)
    _divide_names(pdf)
    pdf.catalog["ViewerPreferences"] = _pydyf().Dictionary({"DisplayDocTitle": "true"})
    pdf.catalog["MarkInfo"] = _pydyf().Dictionary({"Marked": "true"})


def _divide_names(pdf: Any) -> None:
    """Divide a long list of destinations into leaves with limits (ISO 32000-1, 7.9.6).

    A reader finds each without reading them all; PDFium, in the proof, would do so for each link.
    """
    pydyf, dests = _pydyf(), pdf.catalog.get("Names", {}).get("Dests", {})
    names = dests.get("Names", [])
    if len(names) <= 2 * _FEW:
        return
    pairs = list(zip(names[::2], names[1::2], strict=True))  # sorted
    # In bytes, names in UTF-16 follow all others; PDFium compares letters. No leaf has both.
    groups = ([p for p in pairs if p[0].string.isascii() is plain] for plain in (True, False))
    leaves = (g[at : at + _LEAF] for g in groups for at in range(0, len(g), _LEAF))
    kids = pydyf.Array()
    for leaf in leaves:
        limits = pydyf.Array([leaf[0][0], leaf[-1][0]])
        kid = pydyf.Dictionary({"Limits": limits, "Names": pydyf.Array(chain(*leaf))})
        pdf.add_object(kid)
        kids.append(kid.reference)
    pdf.catalog["Names"]["Dests"] = pydyf.Dictionary({"Kids": kids})


_FEW = 1000
"""Names that a reader may read all."""
_LEAF = 64
"""Names in a leaf of a name tree."""


def _text(version: Any) -> str:
    return version.decode() if isinstance(version, bytes) else str(version or "")


def _pydyf() -> Any:
    import pydyf

    return pydyf


def _settle(node: Node) -> bool:
    """Replace painted boxes by their marks, and remove what is empty; return whether it stays.

    Cells stay, because they have a place, and so do figures, because they have a description.
    """
    kids: list[Any] = []
    for kid in node.kids:
        if isinstance(kid, Node):
            if _settle(kid):
                kids += kid.kids if _is_loose(kid) else [kid]
        elif isinstance(kid, Annotation):
            kids += [kid] if kid.box.link_annotation else []
        elif kid.mark and not kid.mark.taken:
            kid.mark.taken = True
            kids.append(kid.mark)
    node.kids = kids
    if node.kind in _GROUPING:
        _wrap(node)
    elif node.kind == "L":
        _wrap_items(node)
    return bool(kids) or node.kind in ("TH", "TD", *PICTURES)


def _is_loose(node: Node) -> bool:
    """Return whether a node is an HTML figure without a caption; its picture has its own node."""
    if node.element is None or node.element.tag != "figure":
        return False
    return all(getattr(kid, "kind", "") != "Caption" for kid in node.kids)


def _wrap(node: Node) -> None:
    """Put a P around each run of text between the blocks of a node."""
    kids, node.kids = node.kids, []
    run: Node | None = None
    for kid in kids:
        if isinstance(kid, Node) and not kid.inline:
            run = None
            node.kids.append(kid)
        elif run is None and isinstance(kid, Node) and kid.kind in PICTURES and len(kids) == 1:
            node.kids.append(kid)
        else:
            run = run or node.add("P")
            run.kids.append(kid)


def _wrap_items(node: Node) -> None:
    """Put an item around everything in a list that is not an item."""
    kids, node.kids = node.kids, []
    for kid in kids:
        if getattr(kid, "kind", "") in ("LI", "Caption"):
            node.kids.append(kid)
        else:
            node.add("LI").add("LBody").kids.append(kid)


def _number(node: Node, *, new: bool) -> None:
    """Correct the ListNumbering of a list (ISO 32000-1, table 347): without labels, it is None."""
    parts = [part for item in node.kids for part in item.kids if isinstance(part, Node)]
    if all(part.kind != "Lbl" for part in parts):
        node.attributes["List"] = {"ListNumbering": "None"}
    given = node.attributes.get("List")
    if given and not new:
        given["ListNumbering"] = _OLDER.get(given["ListNumbering"], given["ListNumbering"])


def _words(link: Any) -> str:
    """Return the words of a link, which describe its annotation (ISO 14289-1, 7.18.5)."""
    pictures = (each.get("alt") or "" for each in link.iter("img"))
    words = link.get("aria-label") or " ".join(("".join(link.itertext()), *pictures))
    return " ".join(words.split())


class _Writer:
    """Writes a structure tree into a PDF."""

    def __init__(self, pdf: Any, streams: Sequence[Any], *, new: bool) -> None:
        self.pdf, self.streams = pdf, list(streams)
        self.new = new
        """Whether it is PDF 2.0."""
        self.namespaces: dict[str, bytes] = {}
        self.related: list[tuple[Any, Node]] = []
        self.pages = {each: n for n, stream in enumerate(streams) for each in stream._tags}  # noqa: SLF001 - patched
        self.annotations: list[tuple[Any, Node]] = []
        self.ids: dict[str, bytes] = {}
        pydyf = _pydyf()
        self.array, self.dictionary, self.string = pydyf.Array, pydyf.Dictionary, pydyf.String

    def write(self, root: Node, marks: dict[Any, list[Mark]]) -> None:
        """Write the tree, and the ways back into it from marks, annotations, and ids."""
        top = self.dictionary({"Type": "/StructTreeRoot"})
        self.pdf.add_object(top)
        if self.new:
            top["Namespaces"] = self.array(map(self._namespace, pdf2.NAMESPACES))
        top["K"] = self.array([self._element(root, top.reference)])
        for element, node in self.related:
            element["Ref"] = self.array(other.ref for other in node.related)
        top["ParentTree"] = self._tree(self._parents(marks))
        if self.ids:
            names = [each for id_ in sorted(self.ids) for each in (self.string(id_), self.ids[id_])]
            ids = self.dictionary({"Names": self.array(names)})
            ids["Limits"] = self.array([self.string(min(self.ids)), self.string(max(self.ids))])
            self.pdf.add_object(ids)
            top["IDTree"] = self.dictionary({"Kids": self.array([ids.reference])}).data
        self.pdf.catalog["StructTreeRoot"] = top.reference

    def _namespace(self, key: str) -> bytes:
        """Return the reference to a namespace (ISO 32000-2, 14.7.4)."""
        if key not in self.namespaces:
            name = self.string(pdf2.NAMESPACES[key])
            made = self.dictionary({"Type": "/Namespace", "NS": name})
            self.pdf.add_object(made)
            self.namespaces[key] = made.reference
        return self.namespaces[key]

    def _tree(self, numbers: Iterator[tuple[int, Any]]) -> bytes:
        tree = self.dictionary({"Nums": self.array(each for pair in numbers for each in pair)})
        self.pdf.add_object(tree)
        reference: bytes = tree.reference
        return reference

    def _parents(self, marks: dict[Any, list[Mark]]) -> Iterator[tuple[int, Any]]:
        """Yield the entries of the parent tree (ISO 32000-1, 14.7.4.4): pages come first."""
        number = len(self.streams)
        for page, stream in enumerate(self.streams):
            yield page, self.array(mark.node.ref for mark in marks.get(stream, ()))
        for stream, found in marks.items():
            if stream not in self.streams:
                stream.extra["StructParents"] = number
                yield number, self.array(mark.node.ref for mark in found)
                number += 1
        for annotation, node in self.annotations:
            annotation["StructParent"] = number
            yield number, node.ref
            number += 1

    def _element(self, node: Node, parent: bytes) -> bytes:
        """Write a node and those below it; return the reference to it."""
        element = self.dictionary({"S": f"/{node.kind}", "P": parent})
        self.pdf.add_object(element)
        node.ref = element.reference
        if self.new:
            element["NS"] = self._namespace(pdf2.namespace(node))
        if node.related:
            self.related.append((element, node))
        marks = (kid for kid in node.kids if isinstance(kid, Mark))
        page = next((self.pages[mark.stream] for mark in marks), None)
        if page is not None:
            element["Pg"] = self.pdf.page_references[page]
        kids = self.array(self._kid(kid, node, page) for kid in node.kids)
        if kids:
            element["K"] = kids[0] if len(kids) == 1 else kids
        for key, text in node.entries.items():
            element[key] = self.string(text)
        if node.id:
            element["ID"] = self.string(node.id)
            self.ids[node.id] = node.ref
        attributes = [self._attributes(*each) for each in node.attributes.items() if each[1]]
        if attributes:
            element["A"] = attributes[0] if len(attributes) == 1 else self.array(attributes)
        return node.ref

    def _kid(self, kid: Any, node: Node, page: int | None) -> Any:
        """Return the entry of a kid (ISO 32000-1, 14.7.4): an element, marked content, a link."""
        if isinstance(kid, Node):
            return self._element(kid, node.ref)
        if isinstance(kid, Annotation):
            annotation = kid.box.link_annotation
            self.annotations.append((annotation, node))
            if words := _words(node.element):
                annotation["Contents"] = self.string(words)
            entry = {"Type": "/OBJR", "Obj": annotation.reference}
            if kid.page != page:
                entry["Pg"] = self.pdf.page_references[kid.page]
            return self.dictionary(entry)
        kid.node = node
        home, whole = self.pages[kid.stream], kid.stream in self.streams
        if home == page and whole:
            return kid.id
        entry = {"Type": "/MCR", "Pg": self.pdf.page_references[home], "MCID": kid.id}
        if not whole:
            entry["Stm"] = kid.stream.reference
        return self.dictionary(entry)

    def _attributes(self, owner: str, values: dict[str, Any]) -> Any:
        """Return an attribute object (ISO 32000-1, 14.7.5)."""
        attributes = self.dictionary({"O": f"/{owner}"})
        for key, value in values.items():
            if key == "Headers":
                attributes[key] = self.array(map(self.string, value))
            elif isinstance(value, list):
                attributes[key] = self.array(value)
            else:
                attributes[key] = f"/{value}" if isinstance(value, str) else value
        return attributes
