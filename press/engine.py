"""WeasyPrint, started: found, or told how to be had; and quick where it would be slow for nothing.

In: nothing. Out: the library, imported. What is changed here in how it works changes no page, but
for one flaw of its lines (`_fill_lines`).
This module must not know documents, styles or formats.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import importlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from press.problems import Problem, ProblemsError, Span
from press.system import remedy


@cache
def start() -> None:
    """Import WeasyPrint, once.

    Raises:
        ProblemsError: a library of the system that it needs is missing (SYS001).
    """
    _later("fontTools.subset")
    _later("fontTools.varLib.instancer", "instantiateVariableFont")
    try:
        with _no_search():
            import weasyprint  # noqa: F401
    except OSError as error:
        hint = remedy("Pango", "HarfBuzz", "Fontconfig")
        message = f"WeasyPrint cannot start: {str(error).splitlines()[0]}"
        raise ProblemsError([Problem("SYS001", Span("Pango"), message, hint)]) from None
    _know_pages()
    _know_types()
    _fill_lines()


def _later(name: str, *functions: str) -> None:
    """Let a module be loaded when something of it is used, if ever (PEP 562).

    WeasyPrint subsets fonts with HarfBuzz, and imports another, slower way beside it: a fifth of
    its import. `functions` are the names that it takes out of the module at once.
    """
    if name in sys.modules:
        return

    def load(attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    stand_in: Any = ModuleType(name)
    stand_in.__getattr__ = load
    for function in functions:
        setattr(stand_in, function, lambda *a, of=function, **k: load(of)(*a, **k))
    sys.modules[name] = stand_in


@contextlib.contextmanager
def _no_search() -> Iterator[None]:
    """On Linux, let WeasyPrint load its libraries by the names that they have there.

    It tries the names of other systems first; for each, Python would start ldconfig, a compiler
    and a linker to search. What a search can find has one of the names that are tried without it.
    """
    tools: Any = ctypes.util
    search = tools.find_library
    if sys.platform == "linux":
        tools.find_library = lambda _: None
    try:
        yield
    finally:
        tools.find_library = search


def _know_pages() -> None:
    """Let a link back say its page at once.

    The page of an earlier target is known before the link's own page is laid out; WeasyPrint
    would lay that page out without it, and then twice more: a fifth of the time for a layout.
    """
    from weasyprint import document
    from weasyprint.css.targets import TargetCollector

    class Targets(TargetCollector):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.filled: dict[int, Any] = {}
            self.page = 0

        def cache_target_page_counters(self, anchor: str, now: Any, page: int, pages: Any) -> None:
            super().cache_target_page_counters(anchor, now, page, pages)
            if page > self.page:  # a link that no page up to now has is laid out with its number
                for item in self.filled.values():
                    if item.page_maker_index is None:
                        item.missing_counters.clear()
                self.filled, self.page = {}, page
            for (box, _), item in self.counter_lookup_items.items():
                if item.page_maker_index is None and box.element.get("href") == f"#{anchor}":
                    item.parse_again(now)
                    self.filled[id(item)] = item

    document.TargetCollector = Targets


def _know_types() -> None:
    """Let cffi read the name of a C type without reading every other one first.

    For each of a dozen types, it would parse a line for every type that was ever declared.
    """
    from cffi.cparser import Parser

    whole = Parser._parse  # noqa: SLF001

    def parse(self: Any, source: str) -> Any:
        known, words = self._declarations, set(re.findall(r"\w+", source))
        self._declarations = {
            name: type_
            for name, type_ in known.items()
            if name.removeprefix("typedef ") in words or not name.startswith("typedef ")
        }
        try:
            return whole(self, source)
        finally:
            self._declarations = known

    Parser._parse = parse  # noqa: SLF001


_WORD = 60
"""Letters of a line that is no single word."""


def _fill_lines() -> None:
    """Let a line keep its words where all but the blank at the end of a text fits.

    WeasyPrint 70 measures that blank too, finds the line too long, and ends it after its first
    word: a line of one word in the middle of a paragraph, wherever the width falls so.
    """
    from weasyprint.layout import inline

    split = inline.split_first_line

    def split_first_line(text: str, style: Any, context: Any, width: Any, *rest: Any,
                         **options: Any) -> Any:  # fmt: skip
        found = split(text, style, context, width, *rest, **options)
        if found[2] is None or found[1] > _WORD or not text.endswith(" "):
            return found
        words = text.rstrip(" ")
        if " " in words.encode()[: found[2]].decode(errors="ignore").strip():
            return found
        if style["white_space"] not in ("normal", "pre-line"):
            return found
        whole = split(words, style, context, width, *rest, **options)
        if whole[2] is not None or whole[1] <= found[1]:
            return found
        # The next line begins at the blank, which is left out there (CSS Text 3, 4.1.2).
        return (*whole[:2], len(words.encode()), *whole[3:])

    inline.split_first_line = split_first_line
