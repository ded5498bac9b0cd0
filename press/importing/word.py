"""Word documents: owner of mammoth.

In: the bytes of a .docx file, which anyone may have made. Out: a `Draft`. Sizes are bounded, XML
with declared entities is refused, and linked files are not opened. What mammoth would drop without
saying so is marked in the text first. Must not know Markdown.
"""

from __future__ import annotations

import io
import re
import zipfile

from lxml import etree

from press.core.trees import Element
from press.importing.draft import Draft, Unreadable, mark, words
from press.importing.references import remove_element
from press.importing.web import read_page
from press.source.sanitize import legal

_MOST_PARTS = 10_000
_LARGEST = 256 * 2**20  # bytes, unpacked
_LARGEST_XML = 24 * 2**20  # bytes: a book of a thousand pages
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_V = "{urn:schemas-microsoft-com:vml}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DAMAGED = "open it in a word processor, and save it again as .docx"
_STYLES = """
p[style-name='Title'] => h1.was-title:fresh
p[style-name='Subtitle'] => p.was-subtitle:fresh
p[style-name='caption'] => p.was-caption:fresh
p[style-name='Caption'] => p.was-caption:fresh
p[style-name='Illustration'] => p.was-caption:fresh
p[style-name='Image Caption'] => p.was-caption:fresh
p[style-name='Table Caption'] => p.was-caption:fresh
p[style-name='TableCaption'] => p.was-caption:fresh
p[style-name='FigureCaption'] => p.was-caption:fresh
p[style-name='Table Heading'] => p.was-head:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Preformatted Text'] => pre:separator('\\n')
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
comment-reference => sup.was-comment
"""
_KNOWN = frozenset(
    "document body p r t pPr rPr tab noBreakHyphen softHyphen sym tbl tr tc customXml ins moveTo "
    "moveFrom del object smartTag drawing pict hyperlink bookmarkStart br footnoteReference "
    "endnoteReference commentReference sdt sdtContent sdtPr txbxContent footnotes footnote "
    "endnotes endnote comments comment fldChar instrText tblPr tblGrid trPr tcPr sectPr delText "
    "annotationRef footnoteRef endnoteRef".split()
)
"""Elements that mammoth reads, or leaves out with good reason."""


def read_word(data: bytes) -> Draft:
    """Read a .docx file.

    Raises:
        Unreadable: it is damaged, encrypted, unsafe, or too large.
    """
    parts = _parts(data)
    said: list[str] = []
    for name in parts:
        if re.fullmatch(r"word/(document\d*|footnotes|endnotes|comments)\.xml", name):
            parts[name] = _prepared(parts[name], said)
    html, pictures = _convert(parts)
    draft = read_page(html, None)
    draft.pictures = pictures
    draft.said += said
    draft.title = _own_title(parts.get("docProps/core.xml"))
    if any(name.endswith("vbaProject.bin") for name in parts):
        draft.said.append("macros were left out")
    if any(_has_words(data) for name, data in parts.items() if _MARGIN.fullmatch(name)):
        draft.said.append("the headers and footers of pages were left out")
    _comments(draft.body)
    return draft


_MARGIN = re.compile(r"word/(header|footer)\d*\.xml")


def _parts(data: bytes) -> dict[str, bytes]:
    """Unpack a .docx; no more than its limits."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("it is protected by a password, or a .doc file by another name", _DAMAGED)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
            # Python's reader stops at the size that an entry declares.
            if len(entries) > _MOST_PARTS or sum(e.file_size for e in entries) > _LARGEST:
                limit = f"{_LARGEST // 2**20} MB"
                raise Unreadable(f"it is larger than {limit} unpacked", "split the document")
            for entry in entries:
                if _is_xml(entry.filename) and entry.file_size > _LARGEST_XML:
                    limit = f"{_LARGEST_XML // 2**20} MB"
                    raise Unreadable(
                        f"'{entry.filename}' in it is larger than {limit}", "split the document"
                    )
            parts = {entry.filename: packed.read(entry) for entry in entries}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise Unreadable(f"it is not a valid .docx file: {error}", _DAMAGED) from None
    except (ValueError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise Unreadable(f"it is not a valid .docx file: {error}", _DAMAGED) from None
    for name, part in parts.items():
        if _is_xml(name):
            _tree(part, name)
    return parts


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".rels"))


def _tree(data: bytes, name: str) -> Element:
    """Parse a part; refuse document type declarations, which OOXML forbids (ECMA-376-2, 8.1.4)."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        message = f"'{name[:80]}' in it is not valid XML: {error}"
        raise Unreadable(message, _DAMAGED) from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable(f"'{name[:80]}' in it declares a document type, as attacks do", _DAMAGED)
    return root


def _has_words(data: bytes) -> bool:
    return any((t.text or "").strip() for t in _tree(data, "").iter(f"{_W}t"))


def _own_title(data: bytes | None) -> str:
    found = _tree(data, "").findtext(f".//{_DC}title") if data else ""
    return " ".join(legal(found or "").split())


def _convert(parts: dict[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """Run mammoth on the prepared parts; return HTML, and pictures by their addresses."""
    import mammoth

    pictures: dict[str, bytes] = {}

    def keep(image: mammoth.documents.Image) -> dict[str, str]:
        with image.open() as stream:
            data = stream.read()
        key = next((name for name, known in pictures.items() if known == data), "")
        key = key or f"picture:{len(pictures)}"
        pictures[key] = data
        return {"src": key}

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    try:
        made = mammoth.convert_to_html(
            packed,
            style_map=_STYLES,
            include_embedded_style_map=False,
            external_file_access=False,
            convert_image=mammoth.images.img_element(keep),
        )
    except RecursionError:
        raise Unreadable("its tables or boxes are nested too deeply", _DAMAGED) from None
    except Exception as error:  # noqa: BLE001 - a damaged file can break it in any way
        message = f"it is damaged: {type(error).__name__} {error}"[:200]
        raise Unreadable(message, _DAMAGED) from None
    return str(made.value), pictures


def _prepared(data: bytes, said: list[str]) -> bytes:
    """Keep or mark what mammoth would leave out without a trace."""
    root = _tree(data, "")
    for step in (_boxes, _contents, _linked, _fields, _formulas, _objects, _raised):
        step(root, said)
    deleted = any(True for _ in root.iter(f"{_W}delText"))
    if deleted and "deleted text of tracked changes was left out" not in said:
        said.append("deleted text of tracked changes was left out")
    for tag in ("t", "instrText"):  # no text may be taken for a token
        for text in root.iter(f"{_W}{tag}"):
            if text.get("made") is None:
                text.text = re.sub("[\U000f0010-\U000f0013]", "", text.text or "")
            else:
                del text.attrib["made"]
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _run(text: str) -> Element:
    """Return a run with a text."""
    run = etree.Element(f"{_W}r")
    inner = etree.SubElement(run, f"{_W}t", made="1")
    inner.text = text
    return run


def _boxes(root: Element, _: list[str]) -> None:
    """Keep of two alternatives the older one, or of a new one at least its text."""
    for choice in list(root.iter(f"{_MC}AlternateContent")):
        old = choice.find(f"{_MC}Fallback")
        if old is not None and any(True for _ in old.iter(f"{_W}t", f"{_A}blip", f"{_V}imagedata")):
            continue
        fallback = etree.SubElement(choice, f"{_MC}Fallback") if old is None else old
        new = choice.find(f"{_MC}Choice")
        for child in list(new) if new is not None else []:
            fallback.append(child)
    for drawing in list(root.iter(f"{_W}drawing")):
        texts = list(drawing.iter(f"{_W}txbxContent"))
        if texts and not any(True for _ in drawing.iterancestors(f"{_MC}Choice")):
            drawing.tag = f"{_W}pict"
            for child in list(drawing):
                drawing.remove(child)
            drawing.extend(texts)


_TOC = re.compile(r"(?:TOC|Contents)(?:\d|Heading)", re.I)
"""The ids of styles of a table of contents."""


def _contents(root: Element, said: list[str]) -> None:
    """Leave out the table of contents, which every format makes by itself."""
    found = []
    for gallery in root.iter(f"{_W}docPartGallery"):
        if gallery.get(f"{_W}val") == "Table of Contents":
            found += list(gallery.iterancestors(f"{_W}sdt"))[:1]
    for style in root.iter(f"{_W}pStyle"):
        if _TOC.fullmatch(style.get(f"{_W}val") or ""):
            found += list(style.iterancestors(f"{_W}p"))[:1]
    for element in found:
        if element.getparent() is not None:
            _drop(element)
    if found:
        said.append("the table of contents was left out")


def _drop(element: Element) -> None:
    """Take an element out of XML in which text between elements has no meaning."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _linked(root: Element, _: list[str]) -> None:
    """Mark pictures that are not in the file; they are not fetched."""
    for blip in list(root.iter(f"{_A}blip")):
        if blip.get(f"{_R}embed") is None:
            drawing = next(blip.iterancestors(f"{_W}drawing", f"{_W}pict"), blip)
            named = next((e for e in drawing.iter() if str(e.tag).endswith("}docPr")), None)
            name = (named.get("descr") or named.get("name") or "") if named is not None else ""
            _mark_after(drawing, f"a picture outside the document was not fetched: {legal(name)}")
            _drop(drawing)


def _mark_after(element: Element, text: str) -> None:
    """Put a mark after the run that an element is in."""
    runs = list(element.iterancestors(f"{_W}r"))
    if runs:
        runs[-1].addnext(_run(mark(text)))
    else:
        element.addnext(_run(mark(text)))


def _fields(root: Element, _: list[str]) -> None:
    """Let mammoth see through elements that it does not know, such as the numbers of figures."""
    for element in root.iter("*"):
        name = str(element.tag)
        known = name.startswith(_W) and name.removeprefix(_W) in _KNOWN
        if name.startswith(_W) and not known and any(True for _ in element.iter(f"{_W}t")):
            element.tag = f"{_W}smartTag"


def _formulas(root: Element, _: list[str]) -> None:
    """Write formulas as plain text, and mark them."""
    for formula in list(root.iter(f"{_M}oMath")):
        if any(True for _ in formula.iterancestors(f"{_M}oMath")):
            continue
        text = "".join(t.text or "" for t in formula.iter(f"{_M}t", f"{_W}t"))
        run = _run(f"{legal(text)}{mark(f'the formula {text} is now plain text')}")
        parent = formula.getparent()
        if parent is None:
            continue
        target = parent if str(parent.tag) == f"{_M}oMathPara" else formula
        if parent is not target and str(parent.tag).startswith(_M):
            continue
        target.addprevious(run)
        _drop(formula)
    for holder in list(root.iter(f"{_M}oMathPara")):
        _drop(holder)


def _objects(root: Element, _: list[str]) -> None:
    """Mark charts, diagrams, shapes, and embedded files that have no picture."""
    for holder in list(root.iter(f"{_W}drawing", f"{_W}object", f"{_W}altChunk", f"{_W}pict")):
        shown = (f"{_A}blip", f"{_V}imagedata", f"{_W}txbxContent", f"{_W}t")
        inside = any(True for _ in holder.iterancestors(f"{_MC}Choice"))
        if inside or any(True for _ in holder.iter(*shown)):
            continue
        named = next((e for e in holder.iter() if str(e.tag).endswith("}docPr")), None)
        name = (named.get("descr") or named.get("name") or "") if named is not None else ""
        if str(holder.tag) == f"{_W}altChunk":
            paragraph = etree.Element(f"{_W}p")
            paragraph.append(_run(mark("an embedded document was left out")))
            holder.addprevious(paragraph)
        else:
            kind = "an object" if str(holder.tag) == f"{_W}object" else "a drawing or chart"
            _mark_after(holder, f"{kind} was left out{': ' if name else ''}{legal(name)}")
        _drop(holder)


def _raised(root: Element, _: list[str]) -> None:
    """Read small type that is moved up or down as LibreOffice writes it: raised or lowered."""
    for position in root.iter(f"{_W}position"):
        properties, moved = position.getparent(), position.get(f"{_W}val") or ""
        if properties is None or properties.find(f"{_W}sz") is None:
            continue
        if properties.find(f"{_W}vertAlign") is None and re.fullmatch(r"-?[1-9]\d{0,2}", moved):
            side = "subscript" if moved.startswith("-") else "superscript"
            etree.SubElement(properties, f"{_W}vertAlign").set(f"{_W}val", side)


def _comments(body: Element) -> None:
    """Turn Word's comments into marks at their places."""
    texts = {}
    for holder in list(body.iter("dl")):
        for term in list(holder.iter("dt")):
            if (term.get("id") or "").startswith("comment-"):
                following = term.getnext()
                texts[term.get("id")] = words(following) if following is not None else ""
                for element in (term, following):
                    if element is not None:
                        remove_element(element)
        if not len(holder):
            remove_element(holder)
    for sup in list(body.iter("sup")):
        link = sup.find(".//a")
        if sup.get("class") == "was-comment" and link is not None:
            said = texts.get((link.get("href") or "")[1:], "").removesuffix("↑").strip()
            author = re.sub(r"\d+\Z", "", words(link).strip("[]"))
            place = etree.Element("span")
            place.text = mark(f"a comment by {author or 'a reader'}: {said}")
            place.tail = sup.tail
            sup.tail = None
            parent = sup.getparent()
            assert parent is not None
            parent.replace(sup, place)
