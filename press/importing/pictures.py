"""The pictures of a document: named, checked, and converted to a format that all readers show.

In: a `Draft` and the folder of a project. Out: the files to write, and a tree whose pictures lead
to them. A picture that is not at hand, or that cannot be shown, is marked. Must not know Markdown.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path

from press.core.problems import Problem, Span
from press.core.trees import Element
from press.importing.draft import Draft
from press.importing.metafiles import as_png, kind_of
from press.importing.shape import leave_mark, leave_out
from press.source.images import checked_image

_ENDINGS = {
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/svg+xml": ".svg",
    "image/webp": ".webp", "image/avif": ".avif", "image/tiff": ".tif",
}  # fmt: skip
_READ = ("BMP", "TIFF", "WEBP", "PNG", "GIF", "JPEG", "AVIF", "ICO")
"""The formats that Pillow may open; some others would start programs."""
_MOST_PIXELS = 100_000_000
FOLDER = "images"


def place_pictures(draft: Draft, name: str, source: Path) -> dict[str, bytes]:
    """Give each picture a file name; return the new files, by path below `source/`."""
    files: dict[str, bytes] = {}
    placed: dict[str, str] = {}
    numbers = _free_numbers(source, name)
    for tree in (draft.body, *draft.notes.values()):
        for image in list(tree.iter("img")):
            address = image.get("src") or ""
            data = draft.pictures.get(address)
            if data is None:
                _not_at_hand(image, address)
                continue
            if address not in placed:
                usable = _usable(data)
                if usable is None:
                    file = f"{FOLDER}/{name}-{next(numbers)}{kind_of(data) or '.bin'}"
                    files[file] = data
                    leave_out(image, _unusable(file, image.get("alt") or ""))
                    continue
                file = f"{FOLDER}/{name}-{next(numbers)}{usable[1]}"
                placed[address] = file
                files[file] = usable[0]
                if kind := kind_of(data):
                    said = f"LibreOffice converted source/{file} from {kind[1:].upper()}"
                    draft.said.append(said)
            image.set("src", placed[address])
            if not (image.get("alt") or "").strip():
                image.set("alt", "Picture without a description")
                leave_mark(
                    image, f"describe the picture {placed[address]} for those who cannot see"
                )
            for key in ("width", "height", "title"):
                image.attrib.pop(key, None)
    return files


def _free_numbers(source: Path, name: str) -> Iterator[int]:
    """Yield the numbers that no file of this name has, so that nothing is replaced."""
    folder = source / FOLDER
    number = 0
    while True:
        number += 1
        if not (folder.is_dir() and any(folder.glob(f"{name}-{number}.*"))):
            yield number


def _unusable(file: str, alt: str) -> str:
    """Say that a picture cannot be shown, and what to do about a drawing of Windows."""
    said = f"the picture source/{file}{f' ({alt})' if alt else ''} is not in a format for handouts"
    if file.endswith((".emf", ".wmf")):
        said += ": save it as PNG where it was made, or import again with LibreOffice installed"
    return said


def _not_at_hand(image: Element, address: str) -> None:
    alt = " ".join((image.get("alt") or "").split())
    if address.startswith(("http://", "https://")):
        leave_out(image, f"a picture on the web was not fetched: ![{alt}]({address})")
    else:
        leave_out(image, f"the picture '{address[:100]}' was not found: {alt or 'no description'}")


def _forms(data: bytes) -> Iterator[bytes | None]:
    """Yield a picture as it is, and then, if that is not usable, as PNG."""
    yield data
    yield as_png(data) if kind_of(data) else _as_png(data)


def _usable(data: bytes) -> tuple[bytes, str] | None:
    """Return a picture and the ending of its file, converted to PNG if need be."""
    for content in _forms(data):
        problems: list[Problem] = []
        found = checked_image(content, "picture", Span(""), problems) if content else None
        if content and found and not problems:
            return content, _ENDINGS.get(found.media_type, ".png")
    return None


def _as_png(data: bytes) -> bytes | None:
    """Convert a picture to PNG; return None if that is not possible."""
    from PIL import Image as Picture

    try:
        with warnings.catch_warnings(action="ignore"):
            picture = Picture.open(io.BytesIO(data), formats=_READ)
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            clear = "A" in picture.getbands() or "transparency" in picture.info
            made = io.BytesIO()
            picture.convert("RGBA" if clear else "RGB").save(made, "PNG")
    except (OSError, ValueError, SyntaxError, Picture.DecompressionBombError):
        return None
    return made.getvalue()
