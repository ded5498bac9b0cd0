"""Images of an article: found, checked to be sound and safe, and in a form that all formats show.

In: a path as the article writes it. Out: an `Image`, or a problem. A picture counts as what its
bytes are, whatever its name says. This module must not know Markdown, nor how images are drawn.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from lxml import etree

from press.core import gate
from press.core.files import spelled
from press.core.hashing import digest
from press.core.model import Ground, Image
from press.core.nearest import nearest
from press.core.problems import Problem, Span, counted
from press.core.system import quoted
from press.core.trees import Element
from press.design import svg
from press.design.color import luminance, parse_hex
from press.source.drawings import undrawable
from press.source.origins import read_origins
from press.source.pixels import Pixels, Unusable, is_pixels, usable

_OTHERS = (
    (re.compile(rb"\s*<(!doctype html|html)\b", re.I), "is a web page, not a picture"),
    (re.compile(rb"....ftyp(hei|hev|mif|msf)", re.S), "is a HEIC picture, which few programs show"),
    (re.compile(rb"%PDF-"), "is a PDF, not a picture"),
    (re.compile(rb"%!PS"), "is in PostScript, which cannot be shown on a screen"),
    (re.compile(rb"\x1f\x8b"), "is compressed, as in .svgz, which many programs cannot show"),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "), "is a JPEG XL picture, which few programs show"),
    (re.compile(rb"\s*\Z"), "is empty"),
)
_ENDINGS = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".tif", ".tiff", ".bmp")
_TEXT_HINT = "make the text plain, or convert it to shapes (in Inkscape: Path > Object to Path)"
_HINT = "save it again as SVG, PNG, or JPEG"
_SVG = "{http://www.w3.org/2000/svg}"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
_AS_IT_IS = (100_000, 100_000)
"""More pixels than a picture may have, so that none is made smaller."""
_DPI = 300
"""Dots per inch: more cannot be seen in print."""
WIDEST = 6.5
"""The width in inches of the widest column, that of large print on Letter paper."""
_TALLEST = 8
"""The same for its height (`max-height` in print.css)."""
_DIM = 0.2
"""The luminance (WCAG 2.2) below which the background of a drawing is dark by itself."""
_REMOTE = re.compile(r"(https?:)?//", re.I)


def read_image(
    source: str,
    folder: Path,
    place: Span,
    problems: list[Problem],
    width: float = WIDEST,
) -> Image | None:
    """Read an image that is printed `width` inches wide, or less.

    Problems: IMG001 missing, IMG003 outside the project, IMG005 on the web, and those of
    `checked_image`.
    """
    path = _found(source, folder, place, problems)
    if path is None:
        return None
    try:
        data = gate.read(path, "picture")
    except OSError as error:
        reason = error.strerror if isinstance(error, gate.Refused) else "cannot be read"
        problems.append(Problem("IMG004", place, f"image '{source}' {reason}", _HINT))
        return None
    file = os.path.relpath(path, folder).replace(os.sep, "/")
    # `%`, `?` and `#` would have a meaning in the addresses by which the layout knows pictures.
    name = re.sub("[%?#]", lambda sign: f"%{ord(sign[0]):02X}", unicodedata.normalize("NFC", file))
    made = checked_image(data, source, place, problems, width)
    if made is None:
        return None
    return Image(
        name,
        made.data,
        made.media_type,
        made.ground,
        file,
        "" if made.data == data else digest(data),
        read_origins(path.parent).get(unicodedata.normalize("NFC", path.name), ""),
    )


def checked_image(
    data: bytes, source: str, place: Span, problems: list[Problem], width: float = WIDEST
) -> Pixels | None:
    """Return an image as all formats can show it; None, with a problem, if they cannot.

    `source` is its name in problems. Problems: IMG004 unusable or unsafe; IMG009 text that cannot
    be printed as drawn; notes IMG007 with several frames, IMG008 converted.
    """
    try:
        made = usable_image(data, width)
    except Unusable as error:
        hint = "export it again as plain SVG, without scripts or links" if _is_svg(data) else _HINT
        problems.append(Problem("IMG004", place, f"image '{source}' {error}", hint))
        return None
    if _is_svg(data) and (flaw := undrawable(made.data)):
        message = f"image '{source}' {flaw}, which cannot be printed as it is drawn"
        problems.append(Problem("IMG009", place, message, _TEXT_HINT))
        return None
    if made.frames > 1:
        frames = counted(made.frames, "frame or page", "frames or pages")
        message = f"image '{source}' has {frames}; the first is used"
        hint = "if another one is meant, save it as a picture of its own"
        problems.append(Problem("IMG007", place, message, hint))
    if made.done:
        message = f"image '{source}' is converted from {' and from '.join(made.done)}"
        hint = "look at it in the output, or save it as PNG or JPEG yourself"
        problems.append(Problem("IMG008", place, message, hint))
    return made


def _found(source: str, folder: Path, place: Span, problems: list[Problem]) -> Path | None:
    """Return the file of an image; None, with a problem, if it is missing or elsewhere."""
    if _REMOTE.match(source) and place.path.endswith(".md"):
        name = place.path.removeprefix("source/").removesuffix(".md")
        home = place.path.rpartition("/")[0]
        hint = f"run makebook fetch {quoted(name)}, which saves it in {home}/images/"
        message = f"image '{source}' is on the web"
        problems.append(Problem("IMG005", place, message, hint))
        return None
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", source):
        hint = "save the image in source/images/ and use the path of that file"
        message = f"image '{source}' is not a file in the project"
        problems.append(Problem("IMG003", place, message, hint))
        return None
    path = spelled(folder, source)
    try:
        inside, there = gate.is_inside(path), path.is_file()
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
    return path


def usable_image(data: bytes, width: float = WIDEST) -> Pixels:
    """Return an image as all formats can show it, printed `width` inches wide.

    Raises:
        Unusable: it is damaged, unsafe, or of a kind that cannot be shown.
    """
    if flaw := next((flaw for magic, flaw in _OTHERS if magic.match(data)), ""):
        raise Unusable(flaw)
    if _is_svg(data):
        try:
            data = svg.cleaned(data, _flaw_of_pixels)
        except svg.Unsafe as error:
            raise Unusable(str(error)) from None
        root = etree.fromstring(data, _PARSER)
        if flaw := _nothing(root):
            raise Unusable(flaw)
        return Pixels(data, "image/svg+xml", _svg_ground(root))
    if not is_pixels(data):
        raise Unusable("is not in a supported image format")
    return usable(data, round(width * _DPI), _TALLEST * _DPI)


def _is_svg(data: bytes) -> bool:
    return not is_pixels(data) and svg.is_svg(data)


def _flaw_of_pixels(data: bytes) -> str:
    """Say why a picture in a drawing cannot be used; return '' if it can."""
    if not is_pixels(data):
        return "is not PNG, JPEG, or GIF"
    try:
        usable(data, *_AS_IT_IS)
    except Unusable as error:
        return str(error)
    return ""


def _svg_ground(root: Element) -> Ground:
    """Return what is behind a drawing: most have no background and are drawn in dark ink."""
    if root.find(f".//{_SVG}image") is not None:
        return "mixed"
    first = next((e for e in root if str(e.tag).removeprefix(_SVG) in _DRAWN), None)
    box = (root.get("viewBox") or "").replace(",", " ").split()
    if first is not None and first.tag == f"{_SVG}rect":
        covers = (first.get("width") or "") in ("100%", root.get("width"), *box[2:3])
        fill = parse_hex(first.get("fill") or "#000000")
        if covers and fill and luminance(fill) < _DIM:
            return "own"
    return "dark-ink"


_DRAWN = frozenset("path rect circle ellipse line polyline polygon text image use".split())


def _nothing(root: Element) -> str:
    """Say why an SVG shows nothing: no shape, or no size; return '' if it shows something."""
    names = [str(e.tag).removeprefix(_SVG) for e in root.iter() if isinstance(e.tag, str)]
    box = (root.get("viewBox") or "").replace(",", " ").split()
    sides = [root.get("width") or "", root.get("height") or "", *box[2:]]
    if not _DRAWN.intersection(names) or any(
        re.match(r"\s*[-+]?0*\.?0*[a-z%]*\s*$", s) for s in sides if s
    ):
        return "is blank: it has no shape, or a side of length 0"
    return ""
