"""Collections: `[collections.NAME]` of makebook.toml, articles to bind in one PDF and one EPUB.

In: the values of makebook.toml, and the articles of the project. Out: `Collection`s; what is wrong
with one concerns that one alone. This module must not know how articles are bound.
"""

from __future__ import annotations

import re
from collections.abc import Collection as Names
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from press.core.files import name_of
from press.core.manifest import reasons
from press.core.model import Collection, Config, Matter, Person, Project
from press.core.nearest import nearest
from press.core.problems import Problem, Span, on_lines
from press.source.settings import Settings, line_of

KEYS = ("title", "articles")
TABLE = "collections"


def read_collections(
    settings: Settings, articles: Mapping[str, Path], withdrawn: Names[str]
) -> tuple[Collection, ...]:
    """Read the collections of a project, in the order of makebook.toml.

    `articles` are all of the project by name, those in `withdrawn` as well. Problem CFG004:
    `collections` is not a table. Problems of a collection itself are in its `problems`.
    """
    given = settings.table_of(TABLE)
    reader = _Reader(settings, articles, withdrawn, tuple(given))
    return tuple(reader.collection(name, value) for name, value in given.items())


def bound_config(config: Config) -> Config:
    """Return the configuration of a collection: PDF and e-book, and no sheets of one leaf."""
    return replace(
        config,
        formats=tuple(name for name in config.formats if name in ("pdf", "epub")),
        editions=tuple(each for each in config.editions if each.kind != "sheet"),
    )


def matter_of(collection: Collection, every: Sequence[Matter]) -> Matter:
    """Return the front matter of a collection, from that of its articles, at least one.

    Its dates are the oldest, so that no article seems newer than it is. It has none that an article
    lacks, except for the next review.
    """
    nexts = [each.next_review for each in every if each.next_review]
    rights = {each.rights for each in every}
    people: dict[str, Person] = {}
    for person in (person for each in every for person in each.authors):
        people.setdefault(person.name, person)
    return Matter(
        title=collection.title,
        authors=tuple(people.values()),
        date=_oldest([each.date for each in every]),
        lang=every[0].lang,
        keywords=tuple(dict.fromkeys(word for each in every for word in each.keywords)),
        topics=tuple(dict.fromkeys(topic for each in every for topic in each.topics)),
        codes=_codes(every),
        rights=rights.pop() if len(rights) == 1 else "",
        reviewed=_oldest([each.reviewed for each in every]),
        sources_checked=_oldest([each.sources_checked for each in every]),
        next_review=min(nexts, default=None),
    )


def _codes(every: Sequence[Matter]) -> dict[str, tuple[str, ...]]:
    """Return the codes of all articles by system, each once."""
    systems = dict.fromkeys(system for each in every for system in each.codes)
    return {
        system: tuple(dict.fromkeys(c for each in every for c in each.codes.get(system, ())))
        for system in systems
    }


def _oldest(days: Sequence[date | None]) -> date | None:
    known = [day for day in days if day]
    return min(known) if len(known) == len(days) else None


def withdrawn_works(project: Project) -> dict[str, Matter]:
    """Return the front matter of each article that is withdrawn, and of each collection with one.

    The reason for a collection names its articles that are withdrawn.
    """
    gone = {name_of(each.path, project.root): each.matter for each in project.withdrawn}
    found = dict(gone)
    for collection in project.collections:
        if every := [gone[name] for name in collection.withdrawn if name in gone]:
            because = reasons((each.title, each.withdrawn_because) for each in every)
            found[collection.name] = Matter(collection.title, withdrawn_because=because)
    return found


def names_in(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the collections in the values of makebook.toml, whether right or not."""
    given = table.get(TABLE, {})
    return tuple(given) if isinstance(given, dict) else ()


class _Reader:
    def __init__(
        self,
        settings: Settings,
        articles: Mapping[str, Path],
        withdrawn: Names[str],
        names: Sequence[str],
    ) -> None:
        self.text, self.file = settings.text, settings.file
        self.articles, self.withdrawn, self.names = articles, withdrawn, names

    def collection(self, name: str, given: Any) -> Collection:
        """Read one collection. Problems CFG003, CFG004, COL001."""
        table, problems = f"{TABLE}.{name}", list[Problem]()
        span = Span(self.file, line_of(self.text, name, TABLE), 1)
        found = Collection(name, name, span)
        if not isinstance(given, dict):
            message = f"collection '{name}' must be a table"
            hint = f'write [{table}] and, below it, title = "…" and articles = ["…"]'
            return replace(found, problems=(Problem("CFG004", span, message, hint),))
        settings = Settings(self.text, self.file, given, problems)
        settings.known(given, KEYS, table)
        title, place = given.get("title", ""), settings.span("title", table)
        if not isinstance(title, str):
            message = f"the title of collection '{name}' must be text in quotes"
            problems.append(Problem("CFG004", place, message, 'write title = "…"'))
        elif not title.strip():
            message = f"collection '{name}' has no title"
            problems.append(Problem("CFG004", place, message, 'write title = "…"'))
        else:
            settings.plain("title", title, "the title of a collection", table)
        problems += self._name(name, span)
        before = len(problems)
        listed = settings.list_of(given, "articles", table)
        places = [settings.span(f"articles[{number}]", table) for number in range(len(listed))]
        if len(problems) == before:  # it is a list
            place = settings.span("articles", table)
            problems += self._listed(name, listed, places) if listed else [self._empty(name, place)]
        known = [number for number, each in enumerate(listed) if each in self.articles]
        return replace(
            found,
            title=str(title).strip(),
            articles=tuple(self.articles[listed[number]] for number in known),
            places=tuple(places[number] for number in known),
            withdrawn=tuple(each for each in listed if each in self.withdrawn),
            problems=tuple(problems),
        )

    def _name(self, name: str, span: Span) -> list[Problem]:
        """Check the form of a name; `plan.check_files` looks for files with the same name."""
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            return []
        message = f"'{name}' is not a valid name for a collection"
        hint = "use letters a to z, digits, and hyphens: it becomes the name of its files"
        return [Problem("COL001", span, message, hint)]

    def _empty(self, name: str, place: Span) -> Problem:
        usable = [each for each in self.articles if each not in self.withdrawn]
        hint = "list articles by their names: " + _listing(usable[:2] or ["…"])
        return Problem("COL001", place, f"collection '{name}' has no article", hint)

    def _listed(self, name: str, listed: Sequence[str], places: Sequence[Span]) -> list[Problem]:
        """Check the articles of a collection, each named once."""
        named: dict[str, list[Span]] = {}
        for each, place in zip(listed, places, strict=True):
            named.setdefault(each, []).append(place)
        found = []
        for each, (place, *again) in named.items():
            if each in self.withdrawn:
                message = f"'{each}' is withdrawn, so collection '{name}' cannot be bound"
                hint = "remove it from the list; the library no longer offers the earlier files"
            elif each in self.articles and again:
                place, *again = again
                message, hint = f"collection '{name}' lists '{each}' twice", "list it once"
            elif each in self.articles:
                continue
            elif each == name:
                message = f"collection '{name}' lists itself"
                hint = "list articles by their names"
            elif each in self.names:
                message = f"collection '{name}' lists '{each}', which is a collection"
                hint = f"list the articles of '{each}' instead"
            else:
                message = f"collection '{name}' lists '{each}', which is not an article"
                hint = nearest(each, [one for one in self.articles if one not in self.withdrawn])
            also = on_lines(one.line for one in again if one != place)
            found.append(Problem("COL001", place, f"{message}{also}", hint))
        return found


def _listing(names: Sequence[str]) -> str:
    return "articles = [" + ", ".join(f'"{name}"' for name in names) + "]"
