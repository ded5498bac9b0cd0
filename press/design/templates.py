"""Templates: filled in a sandbox, with plain data, within bounds. Owner of the template library.

In: the name of a template, a function that finds templates, values. Out: text, or an error. A
template of a project is a program of a stranger: it sees texts, numbers, lists, and mappings, never
an object of the program; it may use only the filters and methods of the tables below; and what it
makes, how often it loops, and how long it runs is limited. This module must not know styles.
"""

from __future__ import annotations

import marshal
import re
import string
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import (
    BytecodeCache,
    Environment,
    FunctionLoader,
    StrictUndefined,
    TemplateNotFound,
    Undefined,
    compiler,
    nodes,
)
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Macro, markup_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from press.core import compiled, trees
from press.core.emoji import with_names

Finder = Callable[[str], tuple[str, str, None] | None]
"""Returns the text of a template and its path; None says that it stays current."""

NotFound = TemplateNotFound
LONGEST = 256 * 1024
"""The most characters of a template."""
STEPS = 200_000
"""How often all loops, macros, filters, and parts of a template may run."""
ROOM = 8 * 2**20
"""The characters that a template may make, besides `_TIMES` the length of the values it has."""
_TIMES = 8
SECONDS = 10
"""The processor time that a template may take."""
_BITS = 4096
"""The largest whole number, in bits."""

FILTERS = frozenset(
    "abs capitalize count d default dictsort e escape first float forceescape groupby int items "
    "join last length list lower map max min reject rejectattr replace reverse safe select "
    "selectattr sort string striptags sum title trim unique upper urlencode wordcount".split()
)
"""The filters that a template may use: none makes much from little."""
_OF_TEXT = frozenset(
    "capitalize e escape forceescape lower replace string striptags title trim upper urlencode "
    "wordcount".split()
)
"""The filters that make a text of whatever they are given."""
_ESCAPED = 6
"""The most characters that one becomes when it is escaped for HTML."""
_TEXT = frozenset(
    "capitalize count endswith find format isalpha isascii isdigit islower isupper lower lstrip "
    "partition removeprefix removesuffix rfind rpartition rsplit rstrip split splitlines "
    "startswith strip title upper".split()
)
_METHODS: dict[type, frozenset[str]] = {
    str: _TEXT,
    dict: frozenset("get items keys values".split()),
    list: frozenset("count index".split()),
    tuple: frozenset("count index".split()),
    range: frozenset(),
    int: frozenset(),
    float: frozenset(),
}
"""The methods that a template may call, for each type of value."""
_WIDE = re.compile(r"\d{4}|[{*]")
"""A width in a format that makes much from little, or that comes from a value."""


def _with_emoji(text: str, lang: str) -> Markup:
    """Return a text as markup in which a screen reader finds a name for each emoji."""
    whole = trees.serialize(with_names(text, lang))
    return Markup(whole.removeprefix("<p>").removesuffix("</p>"))  # noqa: S704 - serialized


class _Compiled(BytecodeCache):
    """The templates compiled in this process; a changed template is compiled again."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = {False: _Compiled(), True: _Compiled()}
"""Templates with bounds, and those of the program, which are compiled without."""


def plain(value: Any) -> Any:
    """Return a value as texts, numbers, lists, and mappings; None for anything else.

    A dataclass becomes a mapping of its fields and properties, and a date its ISO 8601 form.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        if hasattr(value, "_fields"):  # a named tuple
            return dict(zip(value._fields, map(plain, value), strict=True))
        return type(value)(map(plain, value))
    if is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in _names(type(value))}  # type: ignore[arg-type]
    return value.isoformat() if isinstance(value, date) else None


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """Return the names of the fields and properties of a dataclass."""
    own = (name for name, each in vars(kind).items() if isinstance(each, property))
    return *(field.name for field in fields(kind)), *own


class Templates:
    """Templates that a function finds, and that can include each other.

    `own` says that all of them belong to the program.
    """

    def __init__(self, find: Finder, *, own: bool = False) -> None:
        self._environment = (_Own if own else _Bounded)(
            loader=FunctionLoader(find),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=_COMPILED[own],
        )

    def fill(self, name: str, values: Mapping[str, Any]) -> str:
        """Fill a template; it sees the values as `plain` returns them.

        Raises:
            Exception: the template is missing or broken, or exceeds a limit.
        """
        seen = {key: plain(value) for key, value in values.items()}
        environment = self._environment
        environment.begin(seen)
        template = environment.get_template(name)
        pieces: Any = template.root_render_func(template.new_context(seen))
        try:
            return environment.concat(pieces)
        except Exception as error:  # noqa: BLE001 - raised again, with the lines of the template
            if pieces.gi_frame:  # it waits for the next piece: what was too much came before
                line = template.get_corresponding_lineno(pieces.gi_frame.f_lineno)
                error.lineno = line  # type: ignore[attr-defined]
            environment.handle_exception()


def _length(value: Any) -> int:
    """Return the number of characters and items in a plain value, each as often as it occurs."""
    if isinstance(value, str):
        return len(value) + 1
    if isinstance(value, Mapping):
        return 1 + sum(map(_length, value.values()))
    return 1 + sum(map(_length, value)) if isinstance(value, list | tuple) else 1


class _Own(Environment):
    """For templates of the program: they are kept when they are compiled, and have no bounds.

    The page of a library grows with its handouts, however many they are.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.filters["emoji"] = _with_emoji

    def begin(self, seen: Any) -> None:
        """Count nothing."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a value of a mapping rather than a method."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def compile(self, source: Any, name: Any = None, filename: Any = None, *_: Any) -> Any:
        """Return the code of a template, compiled now or by an earlier process."""
        files = [Path(module.__file__ or "").stat() for module in (sys.modules[__name__], compiler)]
        of = [source, filename, *((file.st_mtime_ns, file.st_size) for file in files)]
        whole = partial(super().compile, source, name, filename)
        kept = compiled.kept(f"template-{name}", repr(of), lambda: marshal.dumps(whole()))
        return marshal.loads(kept)  # noqa: S302 - this program wrote it, as Python does


class _Bounded(ImmutableSandboxedEnvironment):
    """For templates of a project: the template library's sandbox, with bounds."""

    intercepted_binops = frozenset("+ * ** %".split())

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.globals = {name: self.globals[name] for name in ("range", "namespace")}
        known = {**self.filters, "emoji": _with_emoji}
        self.filters = {name: _watched(name, known[name], self) for name in (*FILTERS, "emoji")}
        self.finalize = self.printed
        self.begin({})

    def begin(self, seen: Any) -> None:
        """Begin to count for a new document, made of the values that a template sees."""
        self._room, self._steps = ROOM + _TIMES * _length(seen), STEPS
        self._end = time.process_time() + SECONDS

    def step(self) -> str:
        """Count a step: one run of a loop, a macro, a filter, or a part."""
        self._steps -= 1
        if self._steps < 0:
            raise SecurityError(f"it takes more than {STEPS} steps")
        if time.process_time() > self._end:
            raise SecurityError(f"it takes more than {SECONDS} seconds")
        return ""

    def take(self, length: int) -> None:
        """Count characters that a template makes, before it makes them."""
        self._room -= length
        if self._room < 0:
            raise SecurityError("it makes too much text")

    def measured(self, value: Any) -> Any:
        """Return a value after its content has been counted: a list may hold another many times."""
        self.measure(value)
        return value

    def measure(self, value: Any) -> None:
        """Count the content of a value, of each text and list as often as it occurs.

        Raises:
            SecurityError: there is too much, or something that is not plain.
        """
        if isinstance(value, str | range):
            self.take(len(value) + 1)
        elif isinstance(value, list | tuple | dict):
            self.take(1)
            for each in value.values() if isinstance(value, dict) else value:
                self.measure(each)
        elif value is None or isinstance(value, int | float | Undefined):
            self.take(1)
        else:
            raise SecurityError(f"a {type(value).__name__} cannot be printed or put in a list")

    def printed(self, value: Any) -> Any:
        """Return what a template prints for a value."""
        self.step()
        self.measure(value)
        return value

    def joined(self, *values: Any) -> str:
        """Return what `~` makes of values."""
        self.measure(values)
        return markup_join(values)

    def concat(self, pieces: Iterable[str]) -> str:
        """Join the pieces of a template, a macro, or a block."""
        kept = []
        for piece in pieces:
            self.take(len(piece))
            kept.append(piece)
        return "".join(kept)

    def call(self, context: Any, called: Any, *arguments: Any, **named: Any) -> Any:
        """Call a macro or a method; what it is given and what it returns is counted."""
        self.step()
        if isinstance(called, Macro | LoopContext):
            named_ = {k: v for k, v in named.items() if k != "caller"}
            self.measure([v for v in [*arguments, *named_.values()] if not _is_lazy(v)])
        made = super().call(context, called, *arguments, **named)
        if isinstance(made, str | list | tuple):
            self.take(len(made))
        return made

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Calculate; what makes much from little is refused."""
        self.step()
        sizes = [len(v) if isinstance(v, str | list | tuple) else None for v in (left, right)]
        if operator == "%" and isinstance(left, str):
            if _WIDE.search(left):
                raise SecurityError("a format with a large or a variable width")
            self.measure([left, right])
            self.take(left.count("%") * _length(right))
        elif operator in "+*":
            self._repeat(operator, left, right, sizes)
        if isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * (abs(right) if operator == "**" else 1)
            if bits + (right.bit_length() if operator == "*" else 0) > _BITS:
                raise SecurityError("a number is too large")
        return super().call_binop(context, operator, left, right)

    def _repeat(self, operator: str, left: Any, right: Any, sizes: Sequence[int | None]) -> None:
        """Count what `+` or `*` makes of texts or lists."""
        if operator == "+":
            self.take(sum(size or 0 for size in sizes))
        for value, size, times in ((left, sizes[0], right), (right, sizes[1], left)):
            if operator == "*" and size is not None and isinstance(times, int):
                self.take(_length(value) * max(times, 0))
            elif operator == "+" and isinstance(value, list | tuple):
                self.measure(value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a value of a mapping, or a method that a template may call."""
        if isinstance(obj, dict):
            if attribute in obj:
                return obj[attribute]
            if attribute not in _METHODS[dict]:
                return self.undefined(f"there is no value '{attribute}'", name=attribute)
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may use an attribute of an object."""
        allowed = next((names for type_, names in _METHODS.items() if isinstance(obj, type_)), None)
        if allowed is not None:
            return attr in allowed
        return super().is_safe_attribute(obj, attr, value)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        """Return what fails, with a reason, when it is used."""
        reason = f"a template may not use '{attribute}'"
        return self.undefined(reason, name=attribute, obj=obj, exc=SecurityError)

    def wrap_str_format(self, value: Any) -> Any:
        """Return `format` of a text with bounds; None for another method."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def bounded(*arguments: Any, **named: Any) -> Any:
            parts = list(string.Formatter().parse(str(value.__self__)))
            if any(_WIDE.search(part[2] or "") for part in parts):
                raise SecurityError("a format with a large or a variable width")
            self.take(len(parts) * (1000 + _length([arguments, named])))
            return wrapped(*arguments, **named)

        return bounded

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if len(source) > LONGEST:
            raise SecurityError(f"it has more than {LONGEST} characters")
        tree: nodes.Template = _Counting().visit(super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree


def _is_lazy(value: Any) -> bool:
    """Return whether a value is a macro, a module, or an iterator, which hold no text."""
    return not isinstance(value, str | list | tuple | dict)


def _watched(name: str, filter_: Callable[..., Any], environment: _Bounded) -> Callable[..., Any]:
    """Return a filter that counts as a step; the texts that it is given and makes are counted."""

    def watched(*arguments: Any, **named: Any) -> Any:
        environment.step()
        first = 1 if hasattr(filter_, "jinja_pass_arg") else 0
        values = [*arguments[first:], *named.values()]
        if any(isinstance(value, Namespace) for value in values):
            raise SecurityError("a namespace cannot be given to a filter")
        if name == "join" and values:
            values[0] = list(values[0])
            environment.measure([list(values[0]), *values[1:]])
            environment.take(len(values[0]) * sum(map(_length, values[1:])))
            arguments = (*arguments[:first], values[0], *arguments[first + 1 :])
        elif name in _OF_TEXT and values:
            environment.measure([v for v in values if isinstance(v, str | list | tuple | dict)])
        if name == "replace" and len(values) > 2:
            old, new = str(values[1]), str(values[2])
            environment.take(str(values[0]).count(old) * len(new) * _ESCAPED)
        made = filter_(*arguments, **named)
        if isinstance(made, str | list):
            environment.take(len(made))
        return made

    # What the library passes first: the context, or the environment.
    for mark in ("jinja_pass_arg", "jinja_async_variant"):
        if hasattr(filter_, mark):
            setattr(watched, mark, getattr(filter_, mark))
    return watched


class _Counting(NodeTransformer):
    """Make a template count what it does: each run of a body, and what lists and `~` hold."""

    def _stepping(self, node: Any) -> Any:
        self.generic_visit(node)
        step = nodes.ExprStmt(self._call("step", []), lineno=node.lineno)
        node.body = [step, *node.body]
        return node

    visit_Template = visit_For = visit_Macro = visit_CallBlock = visit_Block = _stepping  # noqa: N815

    def visit_Concat(self, node: nodes.Concat) -> Any:  # noqa: N802 - the library's name
        """Replace `a ~ b` with a call."""
        self.generic_visit(node)
        return self._call("joined", node.nodes, node.lineno)

    def _holding(self, node: Any) -> Any:
        self.generic_visit(node)
        if getattr(node, "ctx", "load") != "load":
            return node
        return self._call("measured", [node], node.lineno)

    visit_List = visit_Tuple = visit_Dict = _holding  # noqa: N815

    @staticmethod
    def _call(name: str, arguments: list[Any], line: int = 0) -> nodes.Call:
        method = nodes.EnvironmentAttribute(name, lineno=line)
        return nodes.Call(method, arguments, [], None, None, lineno=line)
