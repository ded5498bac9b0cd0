"""Fontconfig, configured in memory so that a layout uses only the styles' fonts.

In: font files. Out: a `font_config` for WeasyPrint. No file is written, so a process that is
killed leaves no file.
This module must not know documents, styles, or formats.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_NO_FONTS = Path(__file__).with_suffix(".xml")


@contextlib.contextmanager
def without_fonts() -> Iterator[None]:
    """Give Fontconfig no fonts while WeasyPrint is imported, and by default from then on.

    WeasyPrint and Pango each load the default configuration when they start, which would search
    the system for fonts.
    """
    with _default(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No fonts configured in FontConfig")
        yield
        _library().FcInit()  # otherwise a thread of Pango would do it later


@contextlib.contextmanager
def _default() -> Iterator[None]:
    """Make the default configuration one without fonts."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(_NO_FONTS)
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


def configuration(files: Sequence[Path], fallback: Sequence[str], emoji: str) -> Any:
    """Return a configuration for one layout.

    Args:
        files: The fonts, listed one by one because Fontconfig would write a cache for a folder.
        fallback: The families for text that names none of these fonts, as a picture may, and for
            characters that the named one lacks.
        emoji: The family for emoji, which Pango asks for as a family of this name.
    """
    from weasyprint.text.ffi import ffi, pangoft2
    from weasyprint.text.fonts import FontConfiguration

    with _default():
        found = FontConfiguration()
    stats = [file.stat() for file in files]
    states = tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)
    config = _config(tuple(files), tuple(fallback), emoji, states)
    fonts = ffi.cast("PangoFcFontMap *", found.font_map)
    pangoft2.pango_fc_font_map_set_config(fonts, config)
    _library().FcConfigSetCurrent(config)  # Pango applies the rules of the current one
    found._config = config  # noqa: SLF001 - as its constructor does
    return found


@lru_cache(8)
def _config(
    files: tuple[Path, ...], fallback: tuple[str, ...], emoji: str, _: tuple[tuple[int, int], ...]
) -> Any:
    """Return a Fontconfig configuration, made once for the same fonts in the same state.

    Layouts can share it: WeasyPrint would add the fonts of style sheets, but ours load none.
    """
    from weasyprint.text.ffi import ffi

    edits = "".join(_edit("append", family) for family in fallback)
    rules = f"<match target='pattern'>{edits}</match>" if fallback else ""
    if emoji:
        test = "<test name='family'><string>emoji</string></test>"
        rules += f"<match target='pattern'>{test}{_edit('prepend', emoji)}</match>"
    library = _library()
    config = ffi.gc(library.FcConfigCreate(), library.FcConfigDestroy)
    library.FcConfigParseAndLoadFromMemory(
        config, f"<fontconfig>{rules}</fontconfig>".encode(), True
    )
    library.FcConfigBuildFonts(config)
    for file in files:
        library.FcConfigAppFontAddFile(config, os.fsencode(file))
    return config


def _edit(mode: str, family: str) -> str:
    strength = "binding='strong'" if mode == "prepend" else ""
    name = escape(family)
    return f"<edit name='family' mode='{mode}' {strength}><string>{name}</string></edit>"


DECLARED = """
    FcBool FcInit (void);
    FcConfig * FcConfigCreate (void);
    FcBool FcConfigBuildFonts (FcConfig *config);
    FcBool FcConfigSetCurrent (FcConfig *config);
"""
"""The functions of Fontconfig that are used here, in addition to those that WeasyPrint declares."""


@cache
def _library() -> Any:
    """Return Fontconfig as WeasyPrint loaded it, with all functions used here declared."""
    from cffi.api import FFI
    from weasyprint.text.ffi import ffi, fontconfig

    if isinstance(ffi, FFI):  # types that are compiled have them
        ffi.cdef(DECLARED)
    return fontconfig
