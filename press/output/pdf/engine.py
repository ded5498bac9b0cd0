"""WeasyPrint, imported and made faster, or a problem that says how to install what it lacks.

In: nothing. Out: the library, imported. The patches in this module change no page, except that
`_fill_lines` fixes a flaw in line breaking.
This module must not know documents, styles, or formats.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import importlib
import marshal
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from press.core import compiled, temporary
from press.core.model import Trail
from press.core.problems import Problem, ProblemsError, Span
from press.core.records import dataclass
from press.core.system import remedy
from press.output.pdf import (
    drawings,
    fontconfig,
    lengths,
    lines,
    paging,
    painting,
    rasters,
    tags,
    targets,
)


@cache
def start() -> None:
    """Import WeasyPrint, once.

    Raises:
        ProblemsError: a system library that it needs is missing (SYS001).
    """
    _later("fontTools.subset")
    _later("fontTools.varLib.instancer", "instantiateVariableFont")
    try:
        with _no_search(), _known_types(), fontconfig.without_fonts():
            import weasyprint  # noqa: F401
    except OSError as error:
        hint = remedy("Pango", "HarfBuzz", "Fontconfig")
        message = f"WeasyPrint cannot start: {str(error).splitlines()[0]}"
        raise ProblemsError([Problem("SYS001", Span("Pango"), message, hint)]) from None
    _know_defaults()
    _know_uses()
    _fill_lines()
    _know_starts()
    paging.start()
    targets.start()
    tags.start()
    painting.start()
    drawings.start()
    lengths.start()
    lines.start()
    rasters.start()


def _later(name: str, *functions: str) -> None:
    """Delay loading a module until something in it is used (PEP 562).

    WeasyPrint subsets fonts with HarfBuzz but also imports a slower library for it, which takes a
    fifth of its import time. `functions` are the names that it imports from the module.
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
    """On Linux, let WeasyPrint load its libraries by their Linux names.

    It tries the names of other systems first; for each, Python would start ldconfig, a compiler,
    and a linker to search. Any library that a search could find is also found without it, by one
    of the other names.
    """
    tools: Any = ctypes.util
    search = tools.find_library
    if sys.platform == "linux":
        tools.find_library = lambda _: None
    try:
        yield
    finally:
        tools.find_library = search


class _Types:
    """The C types that WeasyPrint declares, for cffi, compiled by an earlier process.

    cffi would parse their declarations each time that WeasyPrint is imported, and again at each use
    of a type that it has not seen yet.
    """

    def cdef(self, source: str) -> None:
        import cffi.api

        source += fontconfig.DECLARED
        scope: dict[str, Any] = {}
        try:
            of, make = cffi.__version__ + source, partial(self._compiled, source)
            exec(marshal.loads(compiled.kept("types", of, make)), scope)  # noqa: S102, S302 - ours
        except OSError:  # as on a full disk
            scope["ffi"] = cffi.api.FFI()
            scope["ffi"].cdef(source)
        for name in dir(scope["ffi"]):
            if not name.startswith("__"):
                setattr(self, name, getattr(scope["ffi"], name))

    @staticmethod
    def _compiled(source: str) -> bytes:
        from cffi.api import FFI

        types = FFI()
        types.cdef(source)
        types.set_source("types", None, compiler_verbose=0)
        with temporary.folder() as folder:
            file = Path(folder) / "types.py"
            types.emit_python_code(str(file))
            text = file.read_text(encoding="utf-8")
        return marshal.dumps(compile(text, "types", "exec"))


@contextlib.contextmanager
def _known_types() -> Iterator[None]:
    """Let WeasyPrint take its C types from `_Types` while it is imported, if they can be kept.

    On systems other than Linux, only cffi itself finds all libraries.
    """
    import cffi

    whole = cffi.FFI
    if sys.platform == "linux" and compiled.keeps():
        cffi.FFI = _Types
    try:
        yield
    finally:
        cffi.FFI = whole


def _know_defaults() -> None:
    """Look up the default of a property that no rule sets, directly or by a logical name.

    WeasyPrint checks each time whether it is logical, pending, or a formula; a default never is.
    """
    from weasyprint.css import (
        COMPUTER_FUNCTIONS,
        INHERITED,
        INITIAL_NOT_COMPUTED,
        INITIAL_VALUES,
        PHYSICAL_FUNCTIONS,
        ComputedStyle,
    )  # fmt: skip

    special = {"page", "position", "float", "display"}
    special |= {key for key in INITIAL_VALUES if key.startswith("text_decoration_")}
    plain = {key: key in INHERITED for key in INITIAL_VALUES if key not in special}
    computed = {k: COMPUTER_FUNCTIONS[k] for k in INITIAL_NOT_COMPUTED & COMPUTER_FUNCTIONS.keys()}
    logical = {
        key: tuple(name(block="ttb", inline=way) for way in ("ltr", "rtl"))
        for key, name in PHYSICAL_FUNCTIONS.items()
    }
    whole = ComputedStyle.__missing__

    def missing(self: Any, key: str) -> Any:
        inherited, cascaded = plain.get(key), self.cascaded
        if inherited is None or key in cascaded or (inherited and self.parent_style is None):
            return whole(self, key)
        if key in logical and not cascaded.keys().isdisjoint(logical[key]):
            return whole(self, key)
        if inherited:
            value = self.parent_style[key]
        else:
            value = INITIAL_VALUES[key]
            if key in computed:
                value = computed[key](self, key, value)
        self[key] = value
        return value

    ComputedStyle.__missing__ = missing


def _know_uses() -> None:
    """Compute no style for a pseudo-element that an element cannot have.

    WeasyPrint computes six for each element, for the mark of a list item and for notes by CSS.
    They would take a third of the memory for a layout.
    """
    from weasyprint.css import StyleFor

    whole = StyleFor.set_computed_styles

    def computed(self: Any, element: Any, parent: Any, root: Any = None,
                 pseudo_type: str | None = None, *rest: Any, **options: Any) -> None:  # fmt: skip
        needs = _USES.get(pseudo_type or "")
        if needs is None or needs(self.get_computed_styles()[element, None]):
            whole(self, element, parent, root, pseudo_type, *rest, **options)

    StyleFor.set_computed_styles = computed


def _is_item(style: Any) -> bool:
    return "list-item" in style["display"]


def _floats_down(style: Any) -> bool:
    return bool(style["float"] == "footnote")


def _is_note(style: Any) -> bool:
    return bool(style["position"][0] == "note()")


_USES: Mapping[str, Callable[[Any], bool]] = {
    "marker": _is_item,
    **dict.fromkeys(("footnote-call", "footnote-marker"), _floats_down),
    **dict.fromkeys(("note-call", "note-marker", "note-callback"), _is_note),
}
"""When an element has each pseudo-element."""
_RUN = 200
"""Letters without a space of which a line is made without the letters after them."""


def _shortened(split: Any) -> Any:
    """Return `split_first_line` for a long run of letters, with only as many as a line can take.

    WeasyPrint would lay out the whole run again for each line, which takes quadratic time: it
    looks for a space to divide a text there.
    """

    def shortened(text: str, style: Any, context: Any, width: Any, *rest: Any,
                  **options: Any) -> Any:  # fmt: skip
        if len(text) > _RUN and width is not None and width < _WIDE:
            head = text[: max(_HEAD, int(8 * width / max(style["font_size"], 1)))]
            if len(head) < len(text) and len(head.split(None, 1)) == 1:
                found = split(head, style, context, width, *rest, **options)
                if found[2] is not None and 2 * found[2] < len(head.encode()):
                    return found  # where the head ends had no part in it
        return split(text, style, context, width, *rest, **options)

    return shortened


def _remembered(split: Any) -> Any:
    """Return `split_first_line` with a memory for the lines of one layout.

    WeasyPrint makes the same lines several times: to balance columns, to find the widths of
    tables and flexible boxes, and on pages that it makes again. A line may be shared, because it
    is only drawn, and each time set up anew for that.
    """

    def remembered(text: str, style: Any, context: Any, width: Any, *rest: Any,
                   **options: Any) -> Any:  # fmt: skip
        if context is None or len(text) > _LONG_TEXT:
            return split(text, style, context, width, *rest, **options)
        lines = context.__dict__.setdefault("lines", {})
        key = (text, id(style), width, rest, tuple(options.items()))
        if key not in lines:
            if len(lines) == _LINES:
                lines.clear()
            found = split(text, style, context, width, *rest, **options)
            lines[key] = found, style  # a style that is kept has its number to itself
        return lines[key][0]

    return remembered


_LINES = 20_000
"""Lines to remember at most."""
_LONG_TEXT = 5_000
"""Letters of a text that is too long to remember."""
_WIDE = 10_000
"""Pixels: no page is wider."""
_HEAD = 40
"""Letters that are laid out in any case, for a place that is narrower than a letter."""
_WORD = 60
"""Bytes beyond which a line is taken to have more than one word."""


def _fill_lines() -> None:
    """Let a line keep its words if only the space at the end of a text does not fit.

    WeasyPrint 70 includes that space in the width, finds the line too long, and breaks it after
    its first word, which leaves a line of one word in the middle of a paragraph.
    """
    from weasyprint.layout import inline, preferred

    split = preferred.split_first_line = _shortened(_remembered(inline.split_first_line))

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
        # The next line begins at the space, which is removed there (CSS Text 3, 4.1.2).
        return (*whole[:2], len(words.encode()), *whole[3:])

    inline.split_first_line = split_first_line


@dataclass(frozen=True)
class Excerpt:
    """Pages to lay out without those before and after them; numbers count from 0."""

    first: int
    last: int
    total: int
    """The page count to print, that of the whole document."""
    trail: Trail | None = None
    """The trail of an earlier layout with the same pages before `first`; None if `first` is 0."""
    paging: paging.Paging | None = None
    """How the pages may be filled."""


def _know_starts() -> None:
    """Record where each page begins, and let a layout begin at any page.

    An `HTML` with an `excerpt` yields only the pages of the excerpt. One without gets `starts`:
    for each page, and for the end, the state that `remake_page` needs.
    """
    from weasyprint import document

    whole = document.layout_document

    def layout_document(html: Any, root_box: Any, context: Any, loops: int = 8) -> Iterator[Any]:
        if excerpt := getattr(html, "excerpt", None):
            yield from _some_pages(html, root_box, context, excerpt)
        else:
            yield from whole(html, root_box, context, loops)
            html.starts = tuple(item[:4] for item in context.page_maker)
            html.strings = {name: dict(pages) for name, pages in context.string_set.items()}
            html.sizes = dict(context.style_for.initial_page_sizes)
        _forget(context)

    document.layout_document = layout_document


def _forget(context: Any) -> None:
    """Release the boxes that a layout needs no more, without waiting for the garbage collector.

    What waits for page numbers holds the boxes of the whole document in a circle, and so does the
    layout; the pages have copies of them. In a work of 300 pages this is a fifteenth of the memory.
    A drawing that is drawn later still finds the layout, which it holds.
    """
    targets = context.target_collector
    for items in (targets.target_lookup_items, targets.counter_lookup_items):
        for item in items.values():
            vars(item).clear()
        items.clear()
    images = context.get_image_from_uri.func
    context.get_image_from_uri = partial(images, context=weakref.proxy(context))
    for name in ("lines", "kept_lines"):
        vars(context).pop(name, None)


def _some_pages(html: Any, root_box: Any, context: Any, excerpt: Excerpt) -> Iterator[Any]:
    """Do what `layout_document` does, for some of the pages.

    The state left by earlier pages comes from the trail, except for fixed boxes, and for floats
    and footnotes that continue on the next page.
    """
    from weasyprint.layout import initialize_page_maker, layout_backgrounds, make_margin_boxes

    initialize_page_maker(context, root_box)
    context.rendered_notes = []
    if excerpt.trail:
        _follow(excerpt.trail, excerpt, root_box, context)
    pages = {}
    for index in range(excerpt.first, excerpt.last + 1):
        pages[index], resume_at = _made(index, context, root_box, html)
        if resume_at is None and not context.reported_footnotes:
            break
    total = max(excerpt.total, index + 1)
    if resume_at is None and html.paging:
        pages, total = _improved(html, root_box, context, pages)
    for index, page in pages.items():
        context.page_maker[index + 1][3][1]["pages"] = [total]
        for child in page.descendants():
            for name, text in child.string_set if child.string_set not in (None, "none") else ():
                context.string_set[name][index + 1].append(text)
    for index, page in pages.items():
        context.current_page = index + 1
        kept = [area for area in page.children[1:] if area.children]
        feet = make_margin_boxes(context, page, context.page_maker[index + 1][3])
        page.children = (page.children[0], *kept, *feet)
        layout_backgrounds(page, context.get_image_from_uri)
        yield page


def _made(index: int, context: Any, root_box: Any, html: Any) -> tuple[Any, Any]:
    """Make a page, and again if a page number on it has become known."""
    from weasyprint.layout.page import remake_page

    state = context.page_maker[index][-1]
    for _ in range(2):
        state.update(_remake_state())
        made: tuple[Any, Any] = remake_page(index, context, root_box, html)
        if not state["content_changed"]:
            break
    return made


def _improved(
    html: Any, root_box: Any, context: Any, pages: dict[int, Any]
) -> tuple[dict[int, Any], int]:
    """Fill the last pages of an excerpt that goes to the end, as those of a whole layout.

    Return them, and the number of all pages.
    """
    first = min(pages)

    def make(context: Any, root: Any, html: Any, made: list[Any]) -> Iterator[Any]:
        index = next(n for n, item in enumerate(context.page_maker) if item[-1]["content_changed"])
        context.page_maker[index][-1]["content_changed"] = False
        yield from made[:index]
        resume_at: Any = 0
        while resume_at is not None:
            page, resume_at = _made(index, context, root, html)
            yield page
            index += 1
        del context.page_maker[index + 1 :]

    for item in context.page_maker:
        item[-1]["content_changed"] = False
    again = paging.Again(make, context, root_box, html)
    made = paging.improve(html.paging, [None] * first + list(pages.values()), again, first)
    return dict(enumerate(made[first:], first)), len(made)


def _remake_state() -> dict[str, Any]:
    return {"content_changed": False, "pages_wanted": False, "anchors": [], "content_lookups": []}


def _follow(trail: Trail, excerpt: Excerpt, root_box: Any, context: Any) -> None:
    """Bring a layout to the state that an earlier one had at the first page of an excerpt."""
    context.page_maker = [(*start, _remake_state()) for start in trail.starts[: excerpt.first + 1]]
    context.style_for.initial_page_sizes.update(trail.sizes)
    for name, pages in trail.strings.items():
        context.string_set[name].update({n: t for n, t in pages.items() if n <= excerpt.first})
    for index, ids in enumerate(trail.anchors):
        now = {"page": [index + 1], "pages": [excerpt.total]}
        for id_ in ids:
            context.target_collector.cache_target_page_counters(id_, now, index, [])
    context.current_page = excerpt.first
    for box in _before(root_box, context.page_maker[-1][0]):
        if box.is_running():
            context.add_running_element(box)


def _before(box: Any, resume_at: Any) -> Iterator[Any]:
    """Yield all boxes before the point at which a page begins."""
    skip, deeper = list(resume_at.items())[-1] if resume_at else (0, None)
    for child in getattr(box, "children", ())[:skip]:
        yield child
        yield from child.descendants() if hasattr(child, "descendants") else ()
    if deeper:
        yield from _before(box.children[skip], deeper)
