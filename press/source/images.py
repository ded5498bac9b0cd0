"""Pictures that an article shows: there, of a known kind, and harmless.

In: a path as the article writes it. Out: an `Image`, or a problem.
This module must not know Markdown, nor how pictures are drawn.
"""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

from lxml import etree

from press.core.model import Image
from press.core.nearest import nearest
from press.core.problems import Problem, Span

_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_ENDINGS = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
_HINT = "save it again as SVG, PNG or JPEG"
_MOST_PIXELS = 100_000_000
_LONGEST_SIDE = 10_000
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"


def read_image(
    source: str, folder: Path, root: Path, place: Span, problems: list[Problem]
) -> Image | None:
    """Read a picture. Problems: IMG001 missing, IMG003 elsewhere, IMG004 of no use or hostile."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", source):
        hint = "save the picture in source/images/ and name that file"
        message = f"image '{source}' is not in the project"
        problems.append(Problem("IMG003", place, message, hint))
        return None
    path = folder / source
    try:
        home = path.resolve()  # a folder of sources that is a link is the author's own will
        inside = home.is_relative_to(root.resolve()) or home.is_relative_to(folder.resolve())
        there = path.is_file()
    except (OSError, RuntimeError, ValueError):  # a name too long, links that lead in a circle
        inside, there = True, False
    if not inside:
        message = f"image '{source}' lies outside the project"
        problems.append(
            Problem(
                "IMG003", place, message, "copy it into the project, beside the file that names it"
            )
        )
        return None
    if not there:
        near = path.parent.glob("*") if len(source) < 255 and path.parent.is_dir() else ()
        names = [p.name for p in near if p.suffix.lower() in _ENDINGS]
        hint = nearest(path.name, names) if names else "put the file there"
        message = f"image '{source}' is missing"
        problems.append(Problem("IMG001", place, message, hint))
        return None
    data = path.read_bytes()
    media_type = _media_type(data)
    vector = media_type == "image/svg+xml"
    flaw = "is no picture that every reader can show"
    if media_type:
        flaw = _svg_flaw(data) if vector else _pixel_flaw(data)
    if flaw:
        hint = "export it again, without scripts and links" if vector else _HINT
        problems.append(Problem("IMG004", place, f"image '{source}' {flaw}", hint))
        return None
    return Image(source, data, media_type)


def _media_type(data: bytes) -> str:
    for magic, media_type in _KINDS:
        if data.startswith(magic):
            return media_type
    return "image/svg+xml" if b"<svg" in data[:4096] else ""


def _pixel_flaw(data: bytes) -> str:
    """What makes a picture of pixels unfit: cut off, damaged, or so large that it fills memory."""
    from PIL import Image as Picture
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore"), Picture.open(io.BytesIO(data)) as picture:
            if max(picture.size) > _LONGEST_SIDE or picture.width * picture.height > _MOST_PIXELS:
                return f"is {picture.width} by {picture.height} pixels, far more than paper shows"
            picture.load()
            if picture.mode not in _MODES:
                return (
                    f"has colours that not every reader shows ({picture.mode}); save it with 8 bits"
                )
    except Picture.DecompressionBombError:
        return "has far more pixels than paper shows"
    except UnidentifiedImageError:  # its words name an object of ours
        return "is damaged"
    except (OSError, ValueError, SyntaxError) as error:
        return f"is damaged: {error}" if str(error) else "is damaged"
    return ""


def _svg_flaw(data: bytes) -> str:
    """What makes an SVG unfit for a book: scripts, outside references, no XML."""
    if b"<!ENTITY" in data:
        return "declares entities"
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return f"is no well-formed SVG: {error.msg}"
    for element in [*root.itersiblings(preceding=True), *root.iter()]:
        if isinstance(element.tag, str):
            flaw = _element_flaw(element)
        else:
            flaw = "" if isinstance(element, etree._Comment) else "has a processing instruction"  # noqa: SLF001
        if flaw:
            return flaw
    return _nothing(root)


_DRAWN = frozenset("path rect circle ellipse line polyline polygon text image use".split())
_CIRCLES = 40
"""Elements inside each other by `<use>`, above which a drawing has no end."""


def _nothing(root: etree._Element) -> str:
    """Whether an SVG shows nothing: no shape, no size, or a shape that is made of itself."""
    names = [str(e.tag).removeprefix(_SVG) for e in root.iter() if isinstance(e.tag, str)]
    box = (root.get("viewBox") or "").replace(",", " ").split()
    sides = [root.get("width") or "", root.get("height") or "", *box[2:]]
    if not _DRAWN.intersection(names) or any(
        re.match(r"\s*[-+]?0*\.?0*[a-z%]*\s*$", s) for s in sides if s
    ):
        return "shows nothing"
    by_id = {e.get("id"): e for e in root.iter() if e.get("id")}

    def deep(element: etree._Element, depth: int) -> bool:
        for use in element.iter(f"{_SVG}use"):
            target = by_id.get((use.get("href") or use.get(_XLINK) or "").removeprefix("#"))
            if target is not None and (depth > _CIRCLES or deep(target, depth + 1)):
                return True
        return False

    return "has a <use> that holds itself" if deep(root, 0) else ""


def _plain_css(css: str) -> str:
    """CSS without comments, and with its escapes read (CSS Syntax 3, 4.3.7)."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)

    def read(found: re.Match[str]) -> str:
        code = int(found[1], 16) if found[1] else 0
        return chr(code) if 0 < code < 0x110000 else found[2] or ""

    return re.sub(r"\\(?:([0-9A-Fa-f]{1,6})\s?|(.))", read, css, flags=re.S).lower()


_OUTSIDE = re.compile(
    r"@import|url\(\s*[\"']?(?!\s*[\"']?#)|\b(?:image|image-set|src|cross-fade)\("
)


def _element_flaw(element: etree._Element) -> str:
    name = str(element.tag).removeprefix(_SVG).lower()
    if name in ("script", "foreignobject", "iframe"):
        return f"has a <{name}>"
    css = " ".join([(element.text or "") if name == "style" else "", *element.attrib.values()])
    if _OUTSIDE.search(_plain_css(css)):
        return "refers to something outside itself"
    if name == "image" and not (element.get("href") or element.get(_XLINK)):
        return "has an <image> without a picture"
    for key, value in element.attrib.items():
        local = str(key).rpartition("}")[2].lower()
        if local.startswith("on"):
            return f"has the script attribute '{local}'"
        if local in ("href", "src") and not re.match(r"#|data:image/(png|jpeg);", str(value)):
            return "refers to something outside itself"
    return ""
