"""One cited work, in the form that the citation processor expects.

In: a CSL-JSON item. Out: `Item`, whose text is clean and marked (see `markup`); values of the wrong
type are left out. This module must not know styles, articles, or XHTML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from citeproc import NAMES
from citeproc.source import Locator, VariableError

from press.references.csl.dates import to_date
from press.references.csl.markup import from_csl, without_illegal

Namesakes = Callable[[int, Mapping[str, str]], bool]

_DATES = {"accessed", "available-date", "container", "event-date", "issued", "original-date",
          "submitted"}  # fmt: skip
_IDENTIFIERS = {"DOI", "URL", "PMID", "PMCID"}
_NAME_VARIABLES = {*(name.replace("_", "-") for name in NAMES), "chair", "compiler", "contributor",
                   "curator", "director", "executive-producer", "guest", "host", "narrator",
                   "organizer", "performer", "producer", "reviewed-author", "script-writer",
                   "series-creator"}  # fmt: skip
_NAME_PARTS = ("family", "given", "dropping-particle", "non-dropping-particle", "suffix", "literal")


class Item:
    """One cited work, and the state of its rendering."""

    def __init__(self, key: str, csl: Mapping[str, Any], is_ambiguous: Namesakes) -> None:
        self.key, self._is_ambiguous = key, is_ambiguous
        self.reference = _Reference(str(csl.get("type", "document")), _variables(csl))
        self.number = 0
        self.extra_names = 0
        self.printed: set[str] = set()
        self.is_first = True
        self.start()

    def start(
        self,
        *,
        locator: tuple[str, str] = ("", ""),
        suppress_names: bool = False,
        in_bibliography: bool = False,
        sorting: bool = False,
    ) -> Item:
        """Start a rendering of the cite, the entry, or the sort key."""
        self._locator = Locator(*locator) if locator[1] else None
        self.suppress_names = suppress_names
        self.in_bibliography = in_bibliography
        self.sorting = sorting
        self.called = self.rendered = 0
        self.names: str | None = None
        self.names_depth = 0
        return self

    @property
    def has_locator(self) -> bool:
        """Return whether the cite has a locator."""
        return self._locator is not None

    @property
    def locator(self) -> Locator:
        """Return the locator; raise `VariableError` without one."""
        if self._locator is None:
            raise VariableError
        return self._locator

    def __contains__(self, name: str) -> bool:
        return name == "locator" and self.has_locator

    def get_field(self, name: str) -> Any:
        """Return a variable for sorting."""
        return self.reference.get(name)

    @property
    def more_names(self) -> int:
        """Return the number of names that a cite needs beyond the style's, to be unambiguous."""
        return 0 if self.in_bibliography or self.sorting else self.extra_names

    @property
    def in_short(self) -> str:
        """Return author, title, and year, for a style that prints nothing."""
        people = self.reference.get("author") or self.reference.get("editor") or []
        first = people[0].get("literal") or people[0].get("family", "") if people else ""
        issued = self.reference.get("issued")
        year = str(issued.days[0][0]) if issued and issued.days else ""
        parts = (first, self.reference.get("title", ""), year)
        return ". ".join(part for part in parts if part) or from_csl(self.key)

    def needs_given(self, place: int, person: Mapping[str, str]) -> bool:
        """Return whether a family name alone would be ambiguous."""
        if self.in_bibliography or self.sorting:
            return False
        return self._is_ambiguous(place, person)


class _Reference(dict[str, Any]):
    """A work's variables, with `_` for `-` as citeproc expects them."""

    def __init__(self, kind: str, variables: Mapping[str, Any]) -> None:
        super().__init__(variables)
        self.type = kind

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __missing__(self, name: str) -> Any:
        raise VariableError


def _variables(csl: Mapping[str, Any]) -> dict[str, Any]:
    """Translate a CSL-JSON item; leave out values of the wrong type."""
    variables: dict[str, Any] = {}
    for name, value in csl.items():
        if name in {"id", "type", "custom"}:
            continue
        if name in _NAME_VARIABLES:
            people = value if isinstance(value, list) else []
            persons = [_person(person) for person in people if isinstance(person, Mapping)]
            translated: Any = [person for person in persons if person]
        elif name in _DATES:
            translated = to_date(value)
        elif isinstance(value, str | int | float):
            translated = (without_illegal if name in _IDENTIFIERS else from_csl)(str(value))
        else:
            continue
        if translated:
            variables[_python_name(name)] = translated
    return variables


def _python_name(name: str) -> str:
    return {"shortTitle": "title_short", "journalAbbreviation": "container_title_short"}.get(
        name, name.replace("-", "_")
    )


def _person(person: Mapping[str, Any]) -> dict[str, str]:
    parts = {p: from_csl(str(person[p])) for p in _NAME_PARTS if person.get(p)}
    if "literal" in parts or not parts.get("family"):
        literal = parts.get("literal") or parts.get("given", "")
        return {"literal": literal} if literal else {}
    return parts
