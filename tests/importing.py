"""Word documents for tests, made by hand: the parts of a .docx file, packed."""

from __future__ import annotations

import io
import struct
import zipfile

from PIL import Image

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPACES = {
    "w": W,
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
}
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = f"""<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Default Extension="png" ContentType="image/png"/>
<Default Extension="emf" ContentType="image/x-emf"/>
<Override PartName="/word/document.xml" ContentType=
"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_NAMES = ("Title", "Subtitle", "heading 1", "heading 2", "heading 3", "caption", "Quote", "toc 1")
_LISTS = "".join(
    f'<w:abstractNum w:abstractNumId="{n}">'
    + "".join(f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="{kind}"/></w:lvl>' for level in range(3))
    + "</w:abstractNum>"
    for n, kind in ((1, "bullet"), (2, "decimal"))
)


def root(name: str, content: str) -> str:
    spaces = " ".join(f'xmlns:{key}="{value}"' for key, value in _SPACES.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{name} {spaces}>{content}</w:{name}>'


def run(text: str, look: str = "") -> str:
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def p(*content: str, style: str = "", item: tuple[int, int] | None = None) -> str:
    """A paragraph of runs or plain words; `item` is a list (1 bullets, 2 numbers) and a level."""
    runs = "".join(part if part.startswith("<") else run(part) for part in content)
    given = f'<w:pStyle w:val="{style}"/>' if style else ""
    if item:
        given += f'<w:numPr><w:ilvl w:val="{item[1]}"/><w:numId w:val="{item[0]}"/></w:numPr>'
    return f"<w:p><w:pPr>{given}</w:pPr>{runs}</w:p>"


def table(*rows: tuple[str, ...], head: bool = False) -> str:
    made = ""
    for number, row in enumerate(rows):
        header = "<w:trPr><w:tblHeader/></w:trPr>" if head and not number else ""
        cells = (c if c.startswith("<w:tc") else f"<w:tc>{p(c)}</w:tc>" for c in row)
        made += f"<w:tr>{header}{''.join(cells)}</w:tr>"
    return f"<w:tbl>{made}</w:tbl>"


def picture(name: str, alt: str = "", attribute: str = "embed") -> str:
    """A run with a picture, by the id of its relationship."""
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr="{alt}"/><a:graphic>'
        f'<a:graphicData><pic:pic><pic:blipFill><a:blip r:{attribute}="{name}"/></pic:blipFill>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def link(name: str, text: str) -> str:
    return f'<w:hyperlink r:id="{name}">{run(text)}</w:hyperlink>'


def note(number: int, kind: str = "footnote") -> str:
    return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'


def emf() -> bytes:
    """Return a drawing of Windows, a blue box twice as wide as high ([MS-EMF], 2.3)."""

    def record(kind: int, *values: int) -> bytes:
        return struct.pack(f"<II{len(values)}i", kind, 8 + 4 * len(values), *values)

    brush, chosen = record(39, 1, 0, 0xC08040, 0), record(37, 1)
    body = brush + chosen + record(43, 0, 0, 1999, 999) + record(14, 0, 16, 20)
    size = struct.pack("<8i", 0, 0, 2000, 1000, 0, 0, 52916, 26481)
    facts = struct.pack("<4sIIIHHIII", b" EMF", 0x10000, 88 + len(body), 5, 2, 0, 0, 0, 0)
    device = struct.pack("<4i", 1920, 1080, 508, 286)  # pixels, and millimeters
    return struct.pack("<II", 1, 88) + size + facts + device + body


def png(color: str = "red", size: tuple[int, int] = (40, 20)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, color).save(made, "PNG")
    return made.getvalue()


def docx(
    *body: str,
    targets: dict[str, str] | None = None,
    parts: dict[str, str | bytes] | None = None,
    notes: dict[str, list[str]] | None = None,
    title: str = "",
) -> bytes:
    """A .docx file.

    `targets` has the relationships of the text: an address on the web, or a part. `notes` has the
    texts of `footnote`, `endnote`, and `comment`, from number 1.
    """
    outside = (
        f'<Relationship Id="{name}" Target="{target}" Type="{_REL}/{_kind(target)}"'
        f"{'' if target.startswith('media/') else _EXTERNAL}/>"
        for name, target in (targets or {}).items()
    )
    inner = "".join(outside) + "".join(
        f'<Relationship Id="n{kind}" Target="{kind}s.xml" Type="{_REL}/{kind}s"/>'
        for kind in notes or {}
    )
    for kind in ("styles", "numbering"):
        inner += f'<Relationship Id="own{kind}" Target="{kind}.xml" Type="{_REL}/{kind}"/>'
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name.title().replace(" ", "")}">'
        f'<w:name w:val="{name}"/></w:style>'
        for name in _NAMES
    )
    numbers = "".join(
        f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>' for n in (1, 2)
    )
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="d" '
        f'Target="word/document.xml" Type="{_REL}/officeDocument"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{inner}</Relationships>",
        "word/document.xml": root("document", f"<w:body>{''.join(body)}</w:body>"),
        "word/styles.xml": root("styles", styles),
        "word/numbering.xml": root("numbering", _LISTS + numbers),
    }
    for kind, texts in (notes or {}).items():
        content = "".join(
            f'<w:{kind} w:id="{n}" w:author="Ann Walker" w:initials="AW">{text}</w:{kind}>'
            for n, text in enumerate(texts, 1)
        )
        files[f"word/{kind}s.xml"] = root(f"{kind}s", content)
    if title:
        files["docProps/core.xml"] = (
            f'<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></c>'
        )
    return packed({**files, **(parts or {})})


_EXTERNAL = ' TargetMode="External"'


def _kind(target: str) -> str:
    return "image" if "media/" in target or target.endswith("png") else "hyperlink"


def packed(files: dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()
