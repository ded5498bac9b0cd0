"""Style sheets of a project: judged before they reach the layout, a reader, or a browser.

In: CSS as text. Out: its faults: an address from which something would be loaded, or a size, a
count, or a depth beyond the limits below, each of which could keep the layout busy for ever. This
module must not know where the CSS comes from, nor which properties an engine supports.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import tinycss2

from press.core.problems import counted
from press.core.records import dataclass

LONGEST = 500_000
"""The most characters of a style sheet."""
DEEPEST = 24
"""Levels of brackets and functions in each other."""
MOST = 20_000
"""Rules and declarations of a style sheet."""
_RULES_IN_RULES = 6
_STRING = 2_000
"""Characters of a string, which a page may repeat for each element."""
_LARGEST = 20_000.0
"""The largest length in pixels: 5.3 m."""
_NUMBER = 100_000.0
_PIXELS = {
    "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 9.6 / 2.54,
    "q": 2.4 / 2.54, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "cap": 16.0, "ic": 16.0,
    "lh": 20.0, "rlh": 20.0, "vw": 8.0, "vh": 10.0, "vmin": 8.0, "vmax": 10.0, "vi": 8.0,
    "vb": 10.0,
}  # fmt: skip
"""Units of length in CSS pixels (CSS Values 4, 6.1), those that depend on others about."""
_COUNTED = {
    "column-count": 20, "columns": 20, "tab-size": 100, "orphans": 1_000, "widows": 1_000,
    "counter-reset": 10_000, "counter-increment": 10_000, "counter-set": 10_000, "pad": 100,
    "grid-row": 500, "grid-column": 500, "grid-area": 500, "grid-row-start": 500,
    "grid-row-end": 500, "grid-column-start": 500, "grid-column-end": 500, "order": 10_000,
    "line-clamp": 10_000, "max-lines": 10_000,
}  # fmt: skip
"""Properties whose whole numbers are counts, and the largest."""
_FREE = frozenset(("z-index", "unicode-range"))
_TRACKS = 200
"""Tracks of a grid, with those that `repeat()` makes."""
_NARROWEST = 8.0
"""The narrowest column, in pixels."""
_SMALLEST_PAGE = 48.0
"""The smallest side of a page, in pixels: half an inch."""
_SMALLEST_PERIOD = 0.5
"""The shortest period of what is repeated over a background, in pixels."""
_COMBINATORS = 6
_SELECTORS = 500
_IN_SELECTOR = 3
"""Functions within functions in a selector."""
_EXPANDED = 1_000
"""What a custom property may unfold to, in tokens."""
_LOADING = frozenset("url src image image-set -webkit-image-set cross-fade".split())
"""Functions whose arguments may be addresses (CSS Images 4, CSS Values 4)."""
_TOLD = 20
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|gif)[;,]", re.I)
_SIZED_BY_COUNT = ("symbolic", "additive")
"""Counter systems whose text is as long as the number is large (CSS Counter Styles 3, 3.1)."""


@dataclass(frozen=True)
class Fault:
    """Something in a style sheet that is refused."""

    line: int
    message: str
    """What completes the sentence `the style …`."""
    loads: bool = False
    """It is an address."""


class _Refused(Exception):
    def __init__(self, token: Any, message: str, *, loads: bool = False) -> None:
        super().__init__(message)
        self.fault = Fault(getattr(token, "source_line", 0), message, loads)


Allows = Callable[[str], bool]
"""Returns whether an address may be used, besides a part of the same file and pixels in it."""


@lru_cache(32)
def faults(
    css: str, allows: Allows | None = None, fonts: frozenset[str] = frozenset()
) -> tuple[Fault, ...]:
    """Return the faults of a style sheet, in its order, at most 20; none if it may be used.

    `fonts` are the addresses that a font may be loaded from.
    """
    if len(css) > LONGEST:
        return (Fault(1, f"has {counted(len(css), 'character')}; the maximum is {LONGEST}"),)
    found: list[Fault] = []
    try:
        rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
        _check_depth(rules)
        judge = _Judge(allows, fonts)
        for rule in rules:
            try:
                judge.rule(rule, 0)
            except _Refused as refused:
                found.append(refused.fault)
                if len(found) == _TOLD:
                    return tuple(found)
        judge.unfold()
    except _Refused as refused:
        found.append(refused.fault)
    return tuple(found)


def declaration_faults(css: str) -> tuple[Fault, ...]:
    """Return the faults of declarations, such as those of a `style` attribute."""
    try:
        nodes = tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True)
        _check_depth(nodes)
        judge = _Judge()
        for node in nodes:
            judge.rule(node, 1)
    except _Refused as refused:
        return (refused.fault,)
    return ()


def is_local(value: str) -> bool:
    """Return whether a value has no address but of parts of the same file."""
    tokens = tinycss2.parse_component_value_list(value)
    try:
        _check_depth(tokens)
    except _Refused:
        return False
    return all(address.startswith("#") for _, address in addresses(tokens))


def addresses(tokens: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    """Yield each address in a value, with its token: of `url()`, or in a function that loads."""
    for token in tokens:
        kind = token.type
        if kind == "url":
            yield token, token.value
        elif kind == "function":
            if token.lower_name in _LOADING:
                yield from ((t, t.value) for t in _flat(token.arguments) if t.type == "string")
                if not any(t.type in ("string", "url") for t in _flat(token.arguments)):
                    yield token, tinycss2.serialize([token])
            yield from addresses(token.arguments)
        elif hasattr(token, "content"):
            yield from addresses(token.content)


def _inner(node: Any) -> list[list[Any]]:
    """Return the lists of tokens that a node holds."""
    names = ("prelude", "content", "arguments", "value")
    return [held for name in names if isinstance(held := getattr(node, name, None), list)]


def _flat(tokens: Iterable[Any]) -> Iterator[Any]:
    """Yield tokens, and those within them."""
    for token in tokens:
        yield token
        for inner in _inner(token):
            yield from _flat(inner)


def _check_depth(nodes: Sequence[Any]) -> None:
    """Refuse brackets in brackets in brackets, without calling itself for each.

    Raises:
        _Refused: there are too many levels.
    """
    level = list(nodes)
    for _ in range(DEEPEST):
        level = [token for node in level for inner in _inner(node) for token in inner]
        if not level:
            return
    raise _Refused(level[0], f"has more than {DEEPEST} brackets and functions in each other")


class _Judge:
    """Judges the rules of one style sheet; each method raises `_Refused`."""

    def __init__(self, allows: Allows | None = None, fonts: frozenset[str] = frozenset()) -> None:
        self.allows = allows
        self.fonts = fonts
        self.rules = 0
        self.custom: dict[str, tuple[Any, Counter[str], int]] = {}
        """Each custom property: its declaration, what it refers to, and its tokens."""

    def rule(self, node: Any, depth: int) -> None:
        """Judge a rule, with those in it, or a declaration."""
        self.count(node, depth)
        if node.type == "declaration":
            self.declaration(node)
            return
        if node.type not in ("qualified-rule", "at-rule"):
            return  # an error or a comment, which has no effect
        at = node.lower_at_keyword if node.type == "at-rule" else ""
        if at == "import":
            raise _Refused(node, "has '@import', which would load a file", loads=True)
        self.prelude(node, at)
        inner = tinycss2.parse_blocks_contents(node.content or [], True, True)
        if at == "counter-style":
            _check_counter_style(node, inner)
        for each in inner:
            if at == "font-face" and each.type == "declaration" and each.lower_name == "src":
                self.font(each)
            else:
                self.rule(each, depth + 1)

    def count(self, node: Any, depth: int) -> None:
        """Count a rule or a declaration, and judge how deep it is in others."""
        self.rules += 1
        if self.rules > MOST:
            raise _Refused(node, f"has more than {MOST} rules and declarations")
        if depth > _RULES_IN_RULES:
            raise _Refused(node, f"has more than {_RULES_IN_RULES} rules in each other")

    def font(self, node: Any) -> None:
        """Judge the source of a font."""
        for token, address in addresses(node.value):
            if address not in self.fonts:
                raise _Refused(token, f"has the font '{address[:80]}'", loads=True)

    def prelude(self, node: Any, at: str) -> None:
        """Judge the selectors or the conditions of a rule."""
        for token, address in addresses(node.prelude):
            if at != "namespace":
                raise _Refused(token, f"has the address '{address[:80]}'", loads=True)
        if not at:
            _check_selectors(node)

    def declaration(self, node: Any) -> None:
        """Judge a property and its value."""
        name = node.lower_name
        for token, address in addresses(node.value):
            if not (address.startswith("#") or _EMBEDDED.match(address) or self.allowed(address)):
                raise _Refused(token, f"has the address '{address[:80]}'", loads=True)
        tokens = list(_flat(node.value))
        if name.startswith("--"):
            used = Counter(
                token.arguments[0].value
                for token in tokens
                if token.type == "function" and token.lower_name == "var" and token.arguments
                if hasattr(token.arguments[0], "value")
            )
            before = self.custom.get(name)
            if before is None or len(tokens) > before[2]:
                self.custom[name] = node, used, len(tokens)
        for token in tokens:
            _check_token(token, name)
        _check_property(node, name, tokens)

    def allowed(self, address: str) -> bool:
        """Return whether the caller allows an address."""
        return self.allows is not None and self.allows(address)

    def unfold(self) -> None:
        """Refuse custom properties that grow with each one that refers to another."""
        sizes: dict[str, int] = {}

        def size(name: str, path: tuple[str, ...]) -> int:
            node, used, own = self.custom[name]
            if name in path or len(path) > _EXPANDED // 10:
                raise _Refused(node, f"has the property '{name}', which refers to itself")
            if name not in sizes:
                inner = (size(n, (*path, name)) * k for n, k in used.items() if n in self.custom)
                sizes[name] = own + sum(inner)
            if sizes[name] > _EXPANDED:
                raise _Refused(node, f"has the property '{name}', which unfolds to too much")
            return sizes[name]

        for name in self.custom:
            size(name, ())


def _pixels(token: Any) -> float | None:
    """Return a length in pixels; None for another token."""
    if token.type == "dimension" and token.lower_unit in _PIXELS:
        return float(token.value * _PIXELS[token.lower_unit])
    return None


def _shown(token: Any) -> str:
    return str(tinycss2.serialize([token]))[:40]


def _check_token(token: Any, name: str) -> None:
    """Refuse a number or a text that is too large wherever it is."""
    if token.type == "string" and len(token.value) > _STRING:
        many = counted(len(token.value), "character")
        raise _Refused(token, f"has a text of {many} in '{name}'")
    if token.type not in ("number", "dimension", "percentage") or name in _FREE:
        return
    length = _pixels(token)
    most = _NUMBER if length is None else _LARGEST
    if not abs(token.value if length is None else length) <= most:
        raise _Refused(token, f"has '{name}' with {_shown(token)}, which is too large")
    limit = _COUNTED.get(name)
    if limit and token.type == "number" and abs(token.value) > limit:
        raise _Refused(token, f"has '{name}' with {_shown(token)}; the maximum is {limit}")


def _check_property(node: Any, name: str, tokens: Sequence[Any]) -> None:
    """Refuse a value that is too large, or too small, for its property."""
    lengths = [(token, size) for token in tokens if (size := _pixels(token)) is not None]
    least = {"column-width": _NARROWEST, "columns": _NARROWEST, "size": _SMALLEST_PAGE}.get(name, 0)
    if name.startswith(("background", "mask")):
        least = _SMALLEST_PERIOD if "size" in name or name in ("background", "mask") else 0
    for token, size in lengths:
        if least and (0 < abs(size) < least or (name == "size" and size <= 0)):
            raise _Refused(token, f"has '{name}' with {_shown(token)}, which is too small")
    if name.startswith("grid"):
        _check_tracks(node, tokens)
    for token in tokens:
        if token.type == "function" and "repeating" in token.lower_name:
            _check_period(token, name)


def _check_tracks(node: Any, tokens: Sequence[Any]) -> None:
    """Refuse a grid with more tracks than a page has room for."""
    tracks = len([t for t in node.value if t.type not in ("whitespace", "comment")])
    for token in tokens:
        if token.type == "function" and token.lower_name == "repeat":
            count = next((t for t in token.arguments if t.type != "whitespace"), None)
            inner = len([t for t in token.arguments if t.type not in ("whitespace", "comment")])
            if count is not None and count.type == "number":
                tracks += int(count.value) * max(inner - 2, 1)
                continue
            lengths = [size for t in _flat(token.arguments) if (size := _pixels(t))]
            if min(lengths, default=_NARROWEST) < _NARROWEST:
                raise _Refused(token, "has a grid of tracks that are too narrow")
    if tracks > _TRACKS:
        raise _Refused(node, f"has a grid of more than {_TRACKS} tracks")


def _check_period(gradient: Any, name: str) -> None:
    """Refuse a repeated gradient that has more periods than can be seen."""
    stops = [t for t in _flat(gradient.arguments) if t.type in ("dimension", "percentage")]
    sizes = [size for t in stops if (size := _pixels(t)) is not None]
    shares = [t.value for t in stops if t.type == "percentage"]
    narrow = sizes and 0 <= max(sizes) < _SMALLEST_PERIOD and not shares
    slight = shares and 0 <= max(shares) < 0.1 and not sizes
    if narrow or slight or len(stops) > 200:
        raise _Refused(gradient, f"has '{name}' with a gradient that repeats too often")


def _check_counter_style(node: Any, inner: Sequence[Any]) -> None:
    """Refuse a counter whose text is as long as the number is large, unless it has a range."""
    given = {d.lower_name: d.value for d in inner if d.type == "declaration"}
    words = [t.lower_value for t in given.get("system", []) if t.type == "ident"]
    numbers = [t.value for t in given.get("range", []) if t.type == "number"]
    ends = [t for t in given.get("range", []) if t.type == "ident"]
    limited = numbers and not ends and max(numbers) <= 1_000
    if (set(words) & set(_SIZED_BY_COUNT) or not words) and not limited:
        message = "has a counter style whose text grows with the number; write 'range: 1 100'"
        raise _Refused(node, message)


def _check_selectors(node: Any) -> None:
    """Refuse selectors that take much longer to match than to write."""
    tokens = node.prelude
    if sum(t == "," for t in tokens) >= _SELECTORS:
        raise _Refused(node, f"has a rule with more than {_SELECTORS} selectors")
    if _functions(tokens) > _IN_SELECTOR:
        raise _Refused(node, f"has a selector with more than {_IN_SELECTOR} functions in others")
    for one in _split(tokens):
        signs = [t.value for t in one if t.type == "literal" and t.value in ("~", "+", ">")]
        spaces = sum(t.type == "whitespace" for t in _stripped(one))
        if signs.count("~") > 1 or max(spaces, len(signs)) > _COMBINATORS:
            raise _Refused(node, "has a selector with too many combinators")


def _split(tokens: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield each selector of a list, and those in the functions of each."""
    one: list[Any] = []
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            yield one
            one = []
            continue
        one.append(token)
        if token.type == "function":
            yield from _split(token.arguments)
    yield one


def _stripped(tokens: Sequence[Any]) -> Sequence[Any]:
    """Return tokens without space at both ends."""
    start, end = 0, len(tokens)
    while start < end and tokens[start].type == "whitespace":
        start += 1
    while end > start and tokens[end - 1].type == "whitespace":
        end -= 1
    return tokens[start:end]


def _functions(tokens: Iterable[Any]) -> int:
    """Return how deep functions are in each other."""
    return max((1 + _functions(t.arguments) for t in tokens if t.type == "function"), default=0)
