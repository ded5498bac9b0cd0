"""What the elements of CSL share: a work, how it is printed, and what was found on the way.

In: a style, a work, and how it is cited. Out: `Printing`, the state of one rendering, with the
formatting that all elements have. This module must not know clusters, articles, or XHTML.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

from press.core.records import dataclass
from press.references.csl.case import change_case
from press.references.csl.dates import CslDate
from press.references.csl.item import Item, Person
from press.references.csl.markup import CLOSE, CLOSE_QUOTE, OPEN_QUOTE, YEAR_SUFFIX, wrap
from press.references.csl.style import Node, Style

_FONTS = (
    ("font-style", {"italic": "i", "oblique": "i", "normal": "upright"}),
    ("font-variant", {"small-caps": "sc", "normal": "caps"}),
    ("font-weight", {"bold": "b", "normal": "light", "light": "light"}),
    ("text-decoration", {"underline": "u"}),
    ("vertical-align", {"sup": "sup", "sub": "sub"}),
)


@dataclass(frozen=True)
class Substitution:
    """What is printed for the same authors as in the entry before."""

    text: str
    rule: str
    before: tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """Where and how a work is printed."""

    label: str = ""
    locator: str = ""
    """The part that is cited: `page`, `12`."""
    position: str = "first"
    """The position of a cite, as CSL names it."""
    near: bool = False
    """Whether the work was cited a few notes before."""
    first_note: int = 0
    """The number of the note that cites the work first."""
    begins: bool = False
    """Whether it begins a sentence."""
    bare: bool = False
    """Whether its names are left out."""
    numbers: bool = False
    """Whether an entry begins with its number."""
    substitution: Substitution | None = None


class Printing(ABC):
    """One rendering of a work, as a cite, an entry, or a sort key."""

    def __init__(
        self,
        style: Style,
        item: Item,
        area: Node,
        setting: Setting,
        sort: Node | None = None,
    ) -> None:
        self.style, self.locale, self.item, self.area = style, style.locale, item, area
        self.setting, self.sort = setting, sort
        self.begins = setting.begins
        """Whether nothing was printed yet, and a term would begin a sentence."""
        self.in_bibliography = area.tag == "bibliography"
        self.sorting = sort is not None
        self.called = self.rendered = 0
        self.substituted: set[str] = set()
        """The variables that took the place of missing names: they are not printed again."""
        self.since: int | None = None
        """Where in `seen` the variables begin that stand for names now."""
        self.seen: list[str] = []
        """The variables printed so far."""
        self.author: str | None = None
        """The names at the start."""
        self.author_names: tuple[str, ...] = ()
        self.in_author = False
        """Whether the names at the start, or their substitute, are being printed."""
        self.shown: list[tuple[int, Person]] = []
        """The people printed, each with its place in the list."""
        self.hidden = 0
        """How many names `et al.` stands for, at most, in one list."""
        self.letter_printed = False
        self._english = item.language(style.lang) == "en"

    @abstractmethod
    def element(self, node: Node) -> str:
        """Render any element."""

    @abstractmethod
    def flattened(self, node: Node) -> Iterator[Node]:
        """Yield the children; those of a `cs:choose` that apply take its place."""

    def decorate(self, attributes: Mapping[str, str], text: str) -> str:
        """Apply the periods, case, quotation marks, fonts, affixes, and display of an element."""
        if not text:
            return ""
        get = attributes.get
        if get("strip-periods") == "true":
            text = text.replace(".", "")
        case = get("text-case")
        if case:
            text = change_case(text, case, english=self._english)
        self.begins = False
        text = fonts(attributes, text)
        if get("quotes") == "true":
            text = f"{OPEN_QUOTE}{text}{CLOSE_QUOTE}"
        text = with_affixes(attributes, text)
        display = get("display")
        return wrap(display, text) if display else text

    def is_spent(self, variable: str) -> bool:
        """Return whether a variable stands for missing names, in this place or an earlier one."""
        here = self.seen[self.since :] if self.since is not None else ()
        return variable in self.substituted or variable in here

    def use(self, variable: str, text: str) -> str:
        """Count a variable, and leave it out if it took the place of missing names."""
        self.called += 1
        if not text or self.is_spent(variable):
            return ""
        self.rendered += 1
        self.seen.append(variable)
        return text

    def date(self, name: str) -> CslDate | None:
        """Return a date, counted as `use` counts a variable."""
        date = self.item.dates.get(name)
        return date if self.use(name, "date" if date else "") else None

    def letter(self, variable: str) -> str:
        """Return the letter of `2020a`."""
        if variable != "issued" or self.sorting or self.letter_printed:
            return ""
        if not self.item.year_suffix:
            return ""
        self.letter_printed = True
        self.rendered += 1
        self.called += 1
        return f"{YEAR_SUFFIX}{self.item.year_suffix}{CLOSE}"

    def label_of(self, node: Node, term: str, *, plural: bool) -> str:
        """Render `cs:label` for a term."""
        plural = {"always": True, "never": False}.get(node.get("plural", ""), plural)
        word = self.locale.word(term, node.get("form", "long"), plural=plural)
        return self.decorate(node.attributes, word)


def fonts(attributes: Mapping[str, str], text: str) -> str:
    """Mark text as an element's `font-style` and its like ask."""
    if not text:
        return ""
    for name, kinds in _FONTS:
        kind = kinds.get(attributes.get(name, ""))
        if kind:
            text = wrap(kind, text)
    return text


def with_affixes(attributes: Mapping[str, str], text: str) -> str:
    """Add the prefix and the suffix of an element, if there is text."""
    return attributes.get("prefix", "") + text + attributes.get("suffix", "") if text else ""
