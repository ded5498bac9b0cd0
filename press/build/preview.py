"""Previews: the pages of finished PDFs as pictures, one by one and on contact sheets.

In: a folder and the PDF files in it. Out: PNG files in its `preview/`, with the same bytes for the
same PDF. This module must not know what a PDF was made from: pictures show the finished file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from press.build.publish import replace_files
from press.core.files import PREVIEW
from press.core.problems import Problem, ProblemsError, Span, counted
from press.readback.pdf import rasters

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI = 100
_THUMB = 300
"""Width of a page on a contact sheet, in pixels."""
_GAP, _LABEL, _TITLE = 28, 34, 48
_FRAME, _INK, _PAPER = "#b0b0b0", "#202020", "#ffffff"


def write_previews(folder: Path, files: Sequence[Path]) -> list[Path]:
    """Write `preview/STEM-01.png` and so on, and `preview/STEM-contact-sheet.png`, for each PDF.

    A file in a folder has its pictures in a folder of the same name. Files that are not PDFs are
    skipped. Pictures of pages that a PDF no longer has are removed; other files in the folder stay.
    Returns the paths written.

    Raises:
        ProblemsError: the folder cannot be written (SYS002), a PDF cannot be opened (PRF005).
    """
    written = []
    for file in files:
        if file.suffix != ".pdf":
            continue
        made = _pictures(file)
        place = folder / PREVIEW / file.parent.relative_to(folder)
        replace_files(place, made)
        _remove_old(place, file.stem, set(made))
        written += [place / name for name in made]
    return written


def _pictures(file: Path) -> dict[str, bytes]:
    """Return the names and bytes of a PDF's pictures."""
    try:
        pages = list(rasters(file.read_bytes(), _DPI))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "rebuild everything with --force"
        problem = Problem("PRF005", Span(file.name), f"cannot be reopened: {reason}", hint)
        raise ProblemsError([problem]) from None
    digits = max(2, len(str(len(pages))))
    made = {f"{file.stem}-{n:0{digits}}.png": png(page) for n, page in enumerate(pages, 1)}
    return {**made, f"{file.stem}-contact-sheet.png": png(contact_sheet(pages, file.name))}


def contact_sheet(pages: Sequence[Image], title: str) -> Image:
    """Draw all pages of a file on one picture: four to six in a row, each above its number."""
    from PIL import Image, ImageDraw, ImageFont

    thumbs = [
        page.convert("RGB").resize((_THUMB, round(page.height * _THUMB / page.width)))
        for page in pages
    ]
    columns = min(len(thumbs), 4 if len(thumbs) <= 8 else 5 if len(thumbs) <= 15 else 6)
    high = max(thumb.height for thumb in thumbs)
    across, down = _THUMB + _GAP, high + _LABEL + _GAP
    rows = -(-len(thumbs) // columns)
    size = columns * across + _GAP, rows * down + _TITLE + _GAP
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    count = counted(len(thumbs), "page")
    font, large = ImageFont.load_default(18), ImageFont.load_default(22)
    draw.text((_GAP, _GAP), f"{title} ({count})", _INK, large)
    for index, thumb in enumerate(thumbs):
        left = _GAP + index % columns * across
        top = _GAP + _TITLE + index // columns * down
        sheet.paste(thumb, (left, top))
        box = (left - 1, top - 1, left + thumb.width, top + thumb.height)
        draw.rectangle(box, outline=_FRAME)
        middle = left + _THUMB / 2
        draw.text((middle, top + thumb.height + 8), str(index + 1), _INK, font, anchor="ma")
    return sheet


def png(picture: Image, *, quick: bool = False) -> bytes:
    """Return a picture as PNG; `quick` takes a third of the time, but the file is larger."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "PNG", **({"compress_level": 1} if quick else {}))
    return out.getvalue()


def _remove_old(folder: Path, stem: str, made: set[str]) -> None:
    """Remove the pictures of a file's pages that are not among those just made."""
    pattern = re.compile(rf"{re.escape(stem)}-\d{{2,}}\.png")
    try:
        for path in sorted(folder.iterdir()):
            if pattern.fullmatch(path.name) and path.name not in made:
                path.unlink()
    except OSError as error:
        place = Span(f"{folder.name}/{Path(str(error.filename or '')).name}".rstrip("/"))
        reason = error.strerror or str(error)
        hint = "remove it by hand; it shows a page that no longer exists"
        raise ProblemsError([Problem("SYS002", place, reason, hint)]) from None
