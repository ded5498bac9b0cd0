"""Images of an article: checked to be present, of a supported format, and safe.

In: a path as the article writes it. Out: an `Image`, or a problem.
This module must not know Markdown, nor how images are drawn.
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
_HINT = "save it again as SVG, PNG, or JPEG"
_MOST_PIXELS = 100_000_000
_LONGEST_SIDE = 10_000
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"


def read_image(
    source: str, folder: Path, root: Path, place: Span, problems: list[Problem]
) -> Image | None:
    """Read an image.

    Problems: IMG001 missing, IMG003 outside the project, IMG004 unusable or unsafe.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", source):
        hint = "save the image in source/images/ and use the path of that file"
        message = f"image '{source}' is not a file in the project"
        problems.append(Problem("IMG003", place, message, hint))
        return None
    path = folder / source
    try:
        home = path.resolve()  # the author may have linked `source/` to a folder elsewhere
        inside = home.is_relative_to(root.resolve()) or home.is_relative_to(folder.resolve())
        there = path.is_file()
    except (OSError, RuntimeError, ValueError):  # a name too long, or links in a circle
        inside, there = True, False
    if not inside:
        message = f"image '{source}' is outside the project"
        hint = "copy it into the project, next to the file that uses it"
        problems.append(Problem("IMG003", place, message, hint))
        return None
    if not there:
        near = path.parent.glob("*") if len(source) < 255 and path.parent.is_dir() else ()
        names = [p.name for p in near if p.suffix.lower() in _ENDINGS]
        hint = nearest(path.name, names) if names else "add the file, or correct its path"
        message = f"image '{source}' was not found"
        problems.append(Problem("IMG001", place, message, hint))
        return None
    data = path.read_bytes()
    media_type = _media_type(data)
    vector = media_type == "image/svg+xml"
    flaw = "is not in a supported image format"
    if media_type:
        flaw = _svg_flaw(data) if vector else _pixel_flaw(data)
    if flaw:
        hint = "export it again as plain SVG, without scripts or links" if vector else _HINT
        problems.append(Problem("IMG004", place, f"image '{source}' {flaw}", hint))
        return None
    return Image(source, data, media_type)


def _media_type(data: bytes) -> str:
    for magic, media_type in _KINDS:
        if data.startswith(magic):
            return media_type
    return "image/svg+xml" if b"<svg" in data[:4096] else ""


def _pixel_flaw(data: bytes) -> str:
    """Say why a raster image cannot be used (damaged, too large); return '' if it can."""
    from PIL import Image as Picture
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore"), Picture.open(io.BytesIO(data)) as picture:
            if max(picture.size) > _LONGEST_SIDE or picture.width * picture.height > _MOST_PIXELS:
                return (
                    f"is {picture.width} by {picture.height} pixels; the limit is {_LONGEST_SIDE} "
                    f"per side and {_MOST_PIXELS // 1_000_000} million in all"
                )
            picture.load()
            if picture.mode not in _MODES:
                return (
                    f"uses the color mode {picture.mode}, which some apps cannot show; save it as "
                    "RGB with 8 bits per channel"
                )
    except Picture.DecompressionBombError:
        return f"has more than {_MOST_PIXELS // 1_000_000} million pixels"
    except UnidentifiedImageError:  # its own message names a Python object
        return "is damaged"
    except (OSError, ValueError, SyntaxError) as error:
        return f"is damaged: {error}" if str(error) else "is damaged"
    return ""


def _svg_flaw(data: bytes) -> str:
    """Say why an SVG cannot be used (scripts, outside references, bad XML); return '' if it can."""
    if b"<!ENTITY" in data:
        return "declares XML entities"
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return f"is not well-formed SVG: {error.msg}"
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
"""The nesting depth of `<use>` above which a drawing is taken to be endless."""


def _nothing(root: etree._Element) -> str:
    """Say why an SVG shows nothing: no shape, no size, or a shape that contains itself."""
    names = [str(e.tag).removeprefix(_SVG) for e in root.iter() if isinstance(e.tag, str)]
    box = (root.get("viewBox") or "").replace(",", " ").split()
    sides = [root.get("width") or "", root.get("height") or "", *box[2:]]
    if not _DRAWN.intersection(names) or any(
        re.match(r"\s*[-+]?0*\.?0*[a-z%]*\s*$", s) for s in sides if s
    ):
        return "is blank: it has no shape, or a side of length 0"
    by_id = {e.get("id"): e for e in root.iter() if e.get("id")}

    def deep(element: etree._Element, depth: int) -> bool:
        for use in element.iter(f"{_SVG}use"):
            target = by_id.get((use.get("href") or use.get(_XLINK) or "").removeprefix("#"))
            if target is not None and (depth > _CIRCLES or deep(target, depth + 1)):
                return True
        return False

    return "has a <use> element that refers to itself" if deep(root, 0) else ""


def _plain_css(css: str) -> str:
    """Remove comments from CSS and resolve its escapes (CSS Syntax 3, 4.3.7)."""
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
        return f"contains a <{name}> element"
    css = " ".join([(element.text or "") if name == "style" else "", *element.attrib.values()])
    if _OUTSIDE.search(_plain_css(css)):
        return "refers to something outside the file"
    if name == "image" and not (element.get("href") or element.get(_XLINK)):
        return "contains an empty <image> element"
    for key, value in element.attrib.items():
        local = str(key).rpartition("}")[2].lower()
        if local.startswith("on"):
            return f"contains the script attribute '{local}'"
        if local in ("href", "src") and not re.match(r"#|data:image/(png|jpeg);", str(value)):
            return "refers to something outside the file"
    return ""
