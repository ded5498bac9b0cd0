"""Distinguish cites that look alike: by names, given names, the style's condition, and letters.

In: the works of an engine. Out: each `Item` says how its cites are written.
This module must not know clusters, articles, or XHTML. CSL 1.0.2, "Disambiguation".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from press.core.labels import letter
from press.references.csl.item import Item, Person
from press.references.csl.markup import strip
from press.references.csl.names import initialize

if TYPE_CHECKING:
    from press.references.csl.engine import Engine

Group = list[Item]


def disambiguate(engine: Engine) -> None:
    """Change the items of an engine so that their cites differ, as far as the style allows."""
    items = list(engine.items.values())
    if (rule := _rule(engine)) not in ("", _BY_CITE):
        hidden = _show_all_names(items, engine) if rule.startswith("all") else []
        _expand_everywhere(engine, items, rule)
        for item in hidden:
            item.more_names = 0
    for group in _groups(items, engine):
        _separate(group, engine)


_BY_CITE = "by-cite"


def _rule(engine: Engine) -> str:
    """Return the rule by which given names are added; empty if they are not."""
    if engine.option("disambiguate-add-givenname") != "true":
        return ""
    return engine.option("givenname-disambiguation-rule") or _BY_CITE


def _look(item: Item, engine: Engine) -> str:
    """Return the cite of a work as it looks, without its letter."""
    kept, item.year_suffix = item.year_suffix, ""
    text = strip(engine.later_rendering(item).text)
    item.year_suffix = kept
    return text


def _groups(items: Iterable[Item], engine: Engine) -> list[Group]:
    """Group the works whose cites look the same; leave out those that are alone."""
    groups: dict[str, Group] = {}
    for item in items:
        groups.setdefault(_look(item, engine), []).append(item)
    return [group for group in groups.values() if len(group) > 1]


def _separate(group: Group, engine: Engine) -> None:
    """Try each method on the works that still look alike."""
    left = [group]
    if engine.option("disambiguate-add-names") == "true":
        left = [part for g in left for part in _add_names(g, engine)]
    if _rule(engine) == _BY_CITE:
        left = [part for g in left for part in _add_given_names(g, engine)]
    if engine.tests_disambiguate:
        left = [part for g in left for part in _add_condition(g, engine)]
    if engine.option("disambiguate-add-year-suffix") == "true":
        for part in left:
            part.sort(key=lambda item: item.number)
            for place, item in enumerate(part):
                item.year_suffix = letter(place)


def _add_names(group: Group, engine: Engine) -> list[Group]:
    """Show more names, one at a time, as long as that separates works.

    Names that do not tell works apart by themselves may do so with their given names.
    """
    by_cite = _rule(engine) == _BY_CITE
    left, done = [group], []
    while left:
        part = left.pop()
        if _more_names(part, engine, lambda part: _looks(part, engine) > 1) or (
            by_cite and _more_names(part, engine, lambda part: _try_given_names(part, engine))
        ):
            left += _groups(part, engine)
        else:
            done.append(part)
    return done


def _show_all_names(items: Iterable[Item], engine: Engine) -> Group:
    """Show all names of works whose cites look the same, so that their given names count, too."""
    if engine.option("disambiguate-add-names") != "true":
        return []
    alike = [item for group in _groups(items, engine) for item in group]
    for item in alike:
        item.more_names = engine.later_rendering(item).hidden
    return alike


def _more_names(group: Group, engine: Engine, separates: Callable[[Group], bool]) -> bool:
    """Show as many more names as separate works; if none do, show no more than before."""
    before = [item.more_names for item in group]
    for more in range(1, _hidden(group, engine) + 1):
        for item, start in zip(group, before, strict=True):
            item.more_names = start + more
        if separates(group):
            return True
    for item, start in zip(group, before, strict=True):
        item.more_names = start
    return False


def _looks(group: Group, engine: Engine) -> int:
    return len({_look(item, engine) for item in group})


def _hidden(group: Group, engine: Engine) -> int:
    return max(engine.later_rendering(item).hidden for item in group)


def _add_given_names(group: Group, engine: Engine) -> list[Group]:
    """Show initials, then given names, name by name, as long as that separates works."""
    left, done = [group], []
    while left:
        part = left.pop()
        if not _try_given_names(part, engine):
            done.append(part)
        else:
            left += _groups(part, engine)
    return done


def _try_given_names(group: Group, engine: Engine) -> bool:
    most = max(len(engine.later_rendering(i).shown) for i in group)
    for place in range(most):
        for level in (1, 2):
            kept = [dict(item.place_levels) for item in group]
            if all(item.place_levels.get(place, 0) >= level for item in group):
                continue
            for item in group:
                item.place_levels[place] = level
            if _looks(group, engine) > 1:
                return True
            for item, levels in zip(group, kept, strict=True):
                item.place_levels = levels
    return False


def _add_condition(group: Group, engine: Engine) -> list[Group]:
    """Let the tests for `disambiguate` hold, if that separates works."""
    for item in group:
        item.disambiguated = True
    if _looks(group, engine) > 1:
        return _groups(group, engine)
    for item in group:
        item.disambiguated = False
    return [group]


def _expand_everywhere(engine: Engine, items: Iterable[Item], rule: str) -> None:
    """Expand the given names of different people with the same name, wherever they are printed."""
    primary = rule.startswith("primary")
    initials_only = rule.endswith("with-initials")
    alike: dict[str, dict[Person, None]] = {}
    shown: list[tuple[Item, Person]] = []
    for item in items:
        for place, person in engine.later_rendering(item).shown:
            if not person.literal and not (primary and place):
                alike.setdefault(person.short.lower(), {})[person] = None
                shown.append((item, person))
    levels: dict[Person, int] = {}
    mark = engine.option_of_names("initialize-with")
    for people in alike.values():
        if len(people) < 2:
            continue
        for person in people:
            levels[person] = _level(person, people, mark, initials_only=initials_only)
    for item, person in shown:
        if levels.get(person):
            item.levels[person] = levels[person]


def _spelled(person: Person) -> Person:
    """Return a name without the spaces between initials: `J. J.` is `J.J.`."""
    return replace(person, given=person.given.replace(". ", "."))


def _level(
    person: Person, people: Iterable[Person], mark: str | None, *, initials_only: bool
) -> int:
    """Return how much of a given name tells a person from the others."""
    spelled = _spelled(person)
    others = [other for other in people if _spelled(other) != spelled]
    if not others:
        return 0
    if mark is not None:
        own = initialize(person.given, mark, hyphen=True)
        alike = [initialize(other.given, mark, hyphen=True) == own for other in others]
        if not any(alike):
            return 1
        if initials_only:
            return 0 if all(alike) else 1
    return 2
