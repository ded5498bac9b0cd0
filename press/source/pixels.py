"""Pictures made of pixels, as every format can show them: owner of Pillow for pictures.

In: the bytes of a picture, and the largest size that it needs. Out: PNG, JPEG, or GIF, upright, in
RGB or gray with 8 bits, and what was done; or why it cannot be used. A picture that is fine is
returned unchanged. This module must not know articles, files, or formats of the outputs.
"""

from __future__ import annotations

import importlib
import io
import re
import struct
import warnings
from functools import lru_cache
from typing import Any

from press.core.model import Ground
from press.core.records import dataclass

_MOST_PIXELS = 100_000_000
_LONGEST_SIDE = 10_000
_KINDS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "PNG", ""),
    (re.compile(rb"\xff\xd8\xff"), "JPEG", ""),
    (re.compile(rb"GIF8"), "GIF", ""),
    (re.compile(rb"RIFF....WEBP", re.S), "WEBP", "WebPImagePlugin"),
    (re.compile(rb"....ftypavi[fs]", re.S), "AVIF", "AvifImagePlugin"),
    (re.compile(rb"II\*\0|MM\0\*"), "TIFF", "TiffImagePlugin"),
    (re.compile(rb"BM"), "BMP", ""),
)
"""How files begin, Pillow's name for their format, and the reader that it does not load itself."""
_CARRIED = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif"}
"""What every reading system, browser, and PDF can show (EPUB 3.3, 3.2). WebP is not among them,
because e-readers made before 2023 cannot show it."""
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
_ORIENTATION = 0x0112  # Exif 2.32, 4.6.4
_SLACK = 1.25
"""A picture is scaled down only if it has this many times the pixels that it needs per side."""
_FEW = 4096
"""A picture with no more colors than this is a drawing, which JPEG would blur."""
_QUALITY = 90
_DAMAGE = (RuntimeError, EOFError, LookupError, TypeError, ArithmeticError, struct.error)
"""What Pillow's readers raise for damaged files, besides what it documents."""
_DARK, _LIGHT = 90, 140
"""Luminances (0 to 255): darker ink cannot be seen on a dark page, lighter ink can."""


@dataclass(frozen=True)
class Pixels:
    """A picture, converted if it had to be."""

    data: bytes
    media_type: str
    ground: Ground = "own"
    done: tuple[str, ...] = ()
    """What an author should know of the conversion: `WebP to JPEG`, `CMYK to RGB`."""
    frames: int = 1
    """The frames or pages of the file, of which only the first is used."""


class Unusable(Exception):
    """A picture that cannot be used; the message completes the sentence `image 'a.png' …`."""


def is_pixels(data: bytes) -> bool:
    """Return whether this is a picture of a kind that `usable` reads."""
    return any(magic.match(data) for magic, *_ in _KINDS)


@lru_cache(64)
def usable(data: bytes, width: int, height: int) -> Pixels:
    """Return a picture for all formats; `width` and `height` are the most pixels that it needs.

    `data` must be pixels.

    Raises:
        Unusable: it is damaged, too large, or of a kind that cannot be read.
    """
    from PIL import Image as Picture
    from PIL import UnidentifiedImageError

    _, kind, reader = next(row for row in _KINDS if row[0].match(data))
    if reader:
        importlib.import_module(f"PIL.{reader}")
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Picture.open(io.BytesIO(data), formats=(kind,)) as picture,
        ):
            _check_size(picture)
            picture.load()
            return _converted(picture, data, (width, height))
    except Picture.DecompressionBombError:
        most = _MOST_PIXELS // 1_000_000
        raise Unusable(f"has more than {most} million pixels") from None
    except (UnidentifiedImageError, *_DAMAGE):  # their own messages are about Python
        raise Unusable("is damaged") from None
    except (OSError, ValueError, SyntaxError) as error:
        raise Unusable(f"is damaged: {error}" if str(error) else "is damaged") from None


def _check_size(picture: Any) -> None:
    if max(picture.size) > _LONGEST_SIDE or picture.width * picture.height > _MOST_PIXELS:
        raise Unusable(
            f"is {picture.width} by {picture.height} pixels; the limit is {_LONGEST_SIDE} "
            f"per side and {_MOST_PIXELS // 1_000_000} million in all"
        )


def _converted(picture: Any, data: bytes, most: tuple[int, int]) -> Pixels:
    kind = "JPEG" if picture.format == "MPO" else picture.format
    frames = 1 if kind == "JPEG" else getattr(picture, "n_frames", 1)
    turned = picture.getexif().get(_ORIENTATION, 1) in range(2, 9)
    large = any(has > _SLACK * need for has, need in zip(_upright(picture), most, strict=True))
    if kind in _CARRIED and frames == 1 and picture.mode in _MODES and not (turned or large):
        return Pixels(data, _CARRIED[kind], _ground(picture))
    done = [] if kind in _CARRIED else ["WebP" if kind == "WEBP" else kind]
    made = _turned(_in_rgb(picture, done))
    made.thumbnail(most)  # keeps the proportions, and never enlarges
    ground, out = _ground(made), io.BytesIO()
    if ground == "own" and (kind == "JPEG" or (kind != "PNG" and not made.getcolors(_FEW))):
        media_type = "image/jpeg"
        made.convert("L" if made.mode in ("1", "L") else "RGB").save(out, "JPEG", quality=_QUALITY)
    else:
        media_type = "image/png"
        made.save(out, "PNG", compress_level=6)
    done = [f"{was} to {'RGB' if was == 'CMYK' else media_type[6:].upper()}" for was in done]
    return Pixels(out.getvalue(), media_type, ground, tuple(done), frames)


def _upright(picture: Any) -> tuple[int, int]:
    """Return width and height as shown: a camera held upright turns the picture."""
    width, height = picture.size
    turned = picture.getexif().get(_ORIENTATION, 1) in range(5, 9)
    return (height, width) if turned else (width, height)


def _turned(picture: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _in_rgb(picture: Any, done: list[str]) -> Any:
    """Return a picture in gray or RGB with 8 bits, perhaps with alpha.

    Raises:
        Unusable: its colors cannot be converted.
    """
    from PIL import Image as Picture

    exif, profile = picture.getexif(), picture.info.get("icc_profile")
    made: Any
    if picture.mode.startswith("I;16"):  # the upper byte of each sample
        order = slice(0, None, 2) if picture.mode.endswith("B") else slice(1, None, 2)
        made = Picture.frombytes("L", picture.size, picture.tobytes()[order])
    elif picture.mode in ("CMYK", "YCbCr", "LAB", *_MODES):
        if picture.mode == "CMYK":
            done.append("CMYK")
        made = _by_profile(picture, profile) if profile else None
        if made is None:
            clear = "A" in picture.mode or "transparency" in picture.info
            gray = picture.mode in ("1", "L", "LA") and "transparency" not in picture.info
            made = picture.convert(("LA" if clear else "L") if gray else "RGBA" if clear else "RGB")
    else:
        raise Unusable(
            f"uses the color mode {picture.mode}, which cannot be converted; save it as RGB with "
            "8 bits per channel"
        )
    made.info = {}
    if exif.get(_ORIENTATION, 1) != 1:
        made.getexif()[_ORIENTATION] = exif[_ORIENTATION]
    return made


def _by_profile(picture: Any, profile: bytes) -> Any:
    """Return a picture in sRGB, converted by its color profile; None if the profile is wrong."""
    from PIL import ImageCms

    if picture.mode not in ("CMYK", "RGB", "LAB"):
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _ground(picture: Any) -> Ground:
    """Return what is behind a picture, judged by its opaque pixels; a small copy is enough."""
    if "A" not in picture.mode and "transparency" not in picture.info:
        return "own"
    small = picture.convert("RGBA")
    small.thumbnail((200, 200))
    alpha = small.getchannel("A")
    if alpha.getextrema()[0] > 250:
        return "own"
    shades = small.convert("L").histogram(alpha.point(lambda value: 255 if value > 128 else 0))
    ink = sum(shades) or 1
    dark, light = sum(shades[:_DARK]) / ink, sum(shades[_LIGHT:]) / ink
    if dark < 0.02:
        return "none"
    return "dark-ink" if light < 0.3 else "mixed"
