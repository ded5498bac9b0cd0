"""Fontconfig, configured in memory, so that a layout sees the styles' fonts and no others.

In: font files. Out: what WeasyPrint takes as `font_config`. No file is written: a process may
be ended at any moment and leaves nothing.
This module must not know documents, styles or formats.
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
    """Give Fontconfig no fonts while WeasyPrint is imported, and as its default from then on.

    WeasyPrint and Pango each load the default configuration when they start, which would search
    the fonts of the system.
    """
    with _default(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No fonts configured in FontConfig")
        yield
        _library().FcInit()  # a thread of Pango would do it later


@contextlib.contextmanager
def _default() -> Iterator[None]:
    """Let the default configuration be one without fonts."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(_NO_FONTS)
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


def configuration(files: Sequence[Path], fallback: str) -> Any:
    """Return a configuration for one layout.

    Args:
        files: The fonts. Fontconfig keeps no cache of single files, as it would of a folder.
        fallback: The family for text that names none of theirs, as in a picture; may be empty.
    """
    from weasyprint.text.ffi import ffi, pangoft2
    from weasyprint.text.fonts import FontConfiguration

    with _default():
        found = FontConfiguration()
    stats = [file.stat() for file in files]
    states = tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)
    config = _config(tuple(files), fallback, states)
    fonts = ffi.cast("PangoFcFontMap *", found.font_map)
    pangoft2.pango_fc_font_map_set_config(fonts, config)
    _library().FcConfigSetCurrent(config)  # Pango applies the rules of the current one
    found._config = config  # noqa: SLF001 - as its constructor does
    return found


@lru_cache(8)
def _config(files: tuple[Path, ...], fallback: str, _: tuple[tuple[int, int], ...]) -> Any:
    """Return Fontconfig's own configuration, made once for the same fonts in the same state.

    Layouts can share it: WeasyPrint adds fonts of style sheets to it, but is given none to load.
    """
    from weasyprint.text.ffi import ffi

    edit = f"<edit name='family' mode='append'><string>{escape(fallback)}</string></edit>"
    rules = f"<match target='pattern'>{edit}</match>" if fallback else ""
    library = _library()
    config = ffi.gc(library.FcConfigCreate(), library.FcConfigDestroy)
    library.FcConfigParseAndLoadFromMemory(
        config, f"<fontconfig>{rules}</fontconfig>".encode(), True
    )
    library.FcConfigBuildFonts(config)
    for file in files:
        library.FcConfigAppFontAddFile(config, os.fsencode(file))
    return config


@cache
def _library() -> Any:
    """Return Fontconfig as WeasyPrint has loaded it, with the functions that it does not use."""
    from weasyprint.text.ffi import ffi, fontconfig

    ffi.cdef("""
        FcBool FcInit (void);
        FcConfig * FcConfigCreate (void);
        FcBool FcConfigBuildFonts (FcConfig *config);
        FcBool FcConfigSetCurrent (FcConfig *config);
    """)
    return fontconfig
