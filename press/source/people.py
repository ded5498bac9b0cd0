"""Authors and their institutions, in the shapes that Pandoc, Quarto, and journals use.

In: the values of `author` and `affiliations`. Out: `Person`s, and a `Flaw` for each invalid value
or key without effect. This module must not know files, nor how a problem is reported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from press.core.model import Person
from press.core.nearest import near
from press.core.records import dataclass

PERSON_KEYS = ("name", "affiliation", "orcid", "role", "email", "corresponding", "equal-contrib")
_PARTS = {
    "given": ("given", "given-names", "given-name", "first-name", "firstname"),
    "particle": ("dropping-particle", "non-dropping-particle", "particle", "prefix"),
    "family": ("family", "surname", "family-name", "last-name", "lastname"),
    "suffix": ("suffix",),
}
"""The pieces of a name, in the order of a byline."""
_SAME = {
    "affiliations": "affiliation", "roles": "role", "orcid-id": "orcid",
    "equal-contributor": "equal-contrib", "equal-contribution": "equal-contrib",
    "corresponding-author": "corresponding", "degree": "degrees", "literal": "name",
}  # fmt: skip
_KNOWN = (*PERSON_KEYS, *_SAME, "degrees", "attributes", "id", "number",
          *(key for keys in _PARTS.values() for key in keys))  # fmt: skip
_FOREIGN = frozenset(
    "acknowledgements affiliation-url bio deceased fax metadata note phone ror twitter github url "
    "website".split()
)
"""Keys of other tools without a meaning here."""
_PLACE = ("group", "department", "name", "city", "region", "state", "country")
"""The pieces of an institution, in the order in which they are printed."""
_LINKS = ("index", "id", "number", "ref")
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])/?")
_NOTE = re.compile(r"\^\[([^\]]*)\]|\s*\\thanks\{[^{}]*\}")
"""A note in a name, as older papers mark an author for correspondence."""


@dataclass
class Flaws:
    """What is wrong with the authors."""

    errors: list[tuple[str, str]] = field(default_factory=list)
    """Message and hint of each invalid value."""
    misspelled: list[tuple[str, list[str]]] = field(default_factory=list)
    """Each misspelled key, with the known keys like it."""
    unused: list[str] = field(default_factory=list)
    """Keys of authors without effect, such as `author.url`."""
    odd: list[str] = field(default_factory=list)
    """Keys of institutions without effect, and institutions to which no author refers."""


def read_people(authors: Any, affiliations: Any) -> tuple[tuple[Person, ...], Flaws]:
    """Read the authors; institutions are looked up by their number, index, or id."""
    reader = _Reader(_Institutions(_listed(affiliations)))
    items = _listed(authors)
    for item in items:
        if isinstance(item, dict):
            reader.places.define(_listed(item.get("affiliations", item.get("affiliation", ""))))
    people = [person for item in items if (person := reader.person(item)) is not None]
    reader.flaws.odd += reader.places.odd
    reader.flaws.odd += [f"affiliations: {name}" for name in reader.places.unused()]
    return tuple(people), reader.flaws


def without_notes(value: Any) -> Any:
    """Return authors without the notes in their names, which are read and not printed."""
    if isinstance(value, dict):
        return {key: without_notes(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_notes(each) for each in value]
    return _NOTE.sub("", value) if isinstance(value, str) else value


def _listed(value: Any) -> list[Any]:
    return [item for item in (value if isinstance(value, list) else [value]) if item]


class _Institutions:
    """The institutions that authors refer to."""

    def __init__(self, listed: list[Any]) -> None:
        self.names: dict[str, str] = {}
        self.used: set[str] = set()
        self.odd: dict[str, None] = {}
        """Keys of institutions that have no effect."""
        for number, item in enumerate(listed, 1):
            name = place_name(item)
            own = item if isinstance(item, dict) else {}
            self.note(own)
            keys = [str(own[key]) for key in ("index", "id") if own.get(key)]
            self.names.update(dict.fromkeys(keys or [str(number)], name))
        self.listed = dict.fromkeys(self.names.values())

    def define(self, items: list[Any]) -> None:
        """Note the institutions that an author names with an id, for those who refer to it."""
        for item in items:
            if isinstance(item, dict):
                self.note(item)
                if item.get("id"):
                    self.names[str(item["id"])] = place_name(item)

    def note(self, item: Mapping[str, Any]) -> None:
        """Note the keys of an institution that have no effect."""
        odd = [key for key in item if key not in (*_PLACE, *_LINKS)]
        self.odd.update(dict.fromkeys(f"affiliations.{key}" for key in odd))

    def find(self, item: Any) -> tuple[list[str], list[str]]:
        """Return the names of what an author refers to, and the numbers that are not listed.

        A text that refers to nothing is a name.
        """
        if isinstance(item, dict):
            item = item["ref"] if item.get("ref") else place_name(item)
        pieces = [piece for piece in re.split(r"\s*(?:[,;&]|\band\b)\s*", str(item)) if piece]
        if not all(piece in self.names or piece.isdigit() for piece in pieces):
            return [str(item)], []
        names = [self.names[piece] for piece in pieces if piece in self.names]
        self.used.update(names)
        return names, [piece for piece in pieces if piece not in self.names]

    def unused(self) -> list[str]:
        """Return what is listed although no author refers to it."""
        return [name for name in self.listed if name not in self.used]


def place_name(item: Any) -> str:
    """Return the name of an institution, from a text or a mapping of its parts."""
    if not isinstance(item, dict):
        return str(item)
    pieces = [item.get(key) for key in _PLACE]
    return ", ".join(dict.fromkeys(p for p in pieces if isinstance(p, str) and p))


class _Reader:
    def __init__(self, places: _Institutions) -> None:
        self.places = places
        self.flaws = Flaws()

    def person(self, item: Any) -> Person | None:
        """Read one author; None if there is no name."""
        given = self._known(item) if isinstance(item, dict) else {"name": item}
        name = _name_of(given)
        if not name:
            error = "an author has no name", "write 'author: Name' or '- name: Name'"
            self.flaws.errors.append(error)
            return None
        if _NOTE.search(name):
            self.flaws.unused += [f"author.name: {found[0]}" for found in _NOTE.finditer(name)]
            given.setdefault("corresponding", str("correspond" in name.lower()))
            name = _NOTE.sub("", name).strip()
        degrees = [text for text in _listed(given.get("degrees", "")) if isinstance(text, str)]
        roles = _listed(given.get("role", ""))
        contact = _is_true(given.get("corresponding"))
        email = given.get("email", "")
        if email and not (contact and isinstance(email, str)):
            self.flaws.unused.append("author.email")
        return Person(
            name=", ".join([name, *degrees]),
            affiliation="; ".join(dict.fromkeys(self._affiliations(given, name))),
            orcid=self._orcid(given, name),
            role=", ".join(", ".join(r) if isinstance(r, dict) else str(r) for r in roles),
            email=email if contact and isinstance(email, str) else "",
            corresponding=contact,
            equal=_is_true(given.get("equal-contrib")),
        )

    def _known(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values under makebook's names; note keys without effect."""
        extra = item.get("attributes")
        pairs = {**item, **(extra if isinstance(extra, dict) else {})}
        known: dict[str, Any] = {}
        for key, value in pairs.items():
            plain = key.lower().replace("_", "-")
            if plain in _KNOWN:
                known[_SAME.get(plain, plain)] = value
            elif plain not in _FOREIGN and (alike := near(key, PERSON_KEYS, 0.7)):
                self.flaws.misspelled.append((key, alike))
            else:
                self.flaws.unused.append(f"author.{key}")
        return known

    def _affiliations(self, given: Mapping[str, Any], name: str) -> list[str]:
        found: list[str] = []
        for item in _listed(given.get("affiliation", "")):
            names, absent = self.places.find(item)
            found += names
            for number in absent:
                message = f"'affiliations' has no entry '{number}', which {name} refers to"
                self.flaws.errors.append((message, "correct the number, or add the entry"))
        return [place for place in found if place]

    def _orcid(self, given: Mapping[str, Any], name: str) -> str:
        value = given.get("orcid", "")
        found = _ORCID.fullmatch(str(value))
        if value and not found:
            message = f"'orcid: {value}' of {name} is not a valid ORCID iD"
            self.flaws.errors.append((message, "write orcid: 0000-0002-1825-0097, for example"))
        return "-".join(found.groups()).upper() if found else ""


def _name_of(given: Mapping[str, Any]) -> str:
    """Return a name as a byline has it, from a text or from its parts."""
    name = given.get("name", "")
    parts = name if isinstance(name, dict) else given
    if isinstance(name, str) and name:
        return re.sub(r"\s+", " ", name)
    if isinstance(parts.get("literal"), str):
        return str(parts["literal"])
    found = (next((parts[key] for key in keys if parts.get(key)), "") for keys in _PARTS.values())
    return " ".join(piece for piece in found if isinstance(piece, str) and piece)


def _is_true(value: Any) -> bool:
    return str(value).lower() in ("true", "yes", "1")
