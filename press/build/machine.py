"""What the outputs depend on besides the project: the program, its libraries, and this machine.

In: this system. Out: names and versions. Two machines with the same facts make the same bytes from
the same sources. This module must not know any source.
"""

from __future__ import annotations

import platform
import sys
import zlib
from functools import cache

from press.build.inputs import program_digest
from press.build.stale import versions
from press.core.manifest import ArticleEntry
from press.core.system import shared_library, told_version

_NATIVE = {
    "HarfBuzz": ("harfbuzz", 0, "hb_version_string"),
    "Fontconfig": ("fontconfig", 1, "FcGetVersion"),
}
"""Libraries of the system under Pango: name of the file, its number, and what returns a version."""


@cache
def facts() -> dict[str, str]:
    """Return the names and versions of everything on this machine that affects the outputs."""
    found = {
        **versions(),
        "program": program_digest(),
        "Python": platform.python_version(),
        "system": f"{sys.platform} {platform.machine()}",
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "FreeType": _freetype(),
    }
    for name, (file, number, function) in _NATIVE.items():
        library = shared_library(file, number)
        found[name] = told_version(library, function) if library else ""
    return found


def fonts(entry: ArticleEntry) -> str:
    """Return one hash of the fonts of this system, if an article uses any; else nothing."""
    return _fonts() if "fonts" in entry else ""


@cache
def _fonts() -> str:
    from press.design.fallback import system_digest

    return system_digest()


def _freetype() -> str:
    """Return the version of FreeType, which it tells only once it is started; empty without it."""
    import ctypes

    library = shared_library("freetype", 6)
    handle = ctypes.c_void_p()
    if library is None or library.FT_Init_FreeType(ctypes.byref(handle)):
        return ""
    numbers = [ctypes.c_int() for _ in range(3)]
    library.FT_Library_Version(handle, *map(ctypes.byref, numbers))
    library.FT_Done_FreeType(handle)
    return ".".join(str(number.value) for number in numbers)
