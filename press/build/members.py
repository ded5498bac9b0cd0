"""The groups of a project's articles in a run: which articles each issue has.

In: the groups of makebook.toml, a `Request`, and what manifests tell. Out: the groups and the
configuration of each article, and requests limited to their articles. This module must not know
how anything is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from press.build.keys import TOML, Keys
from press.core import gate
from press.core.files import article_name
from press.core.nearest import nearest, nearest_article
from press.core.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from press.core.manifest import ArticleEntry
    from press.core.model import Config, Group, Request
    from press.source import groups


def meant(groups: Iterable[Group], request: Request) -> list[Group]:
    """Return the groups to which a request is limited; all of them if it is not."""
    return [group for group in groups if request.group in ("", group.name)]


def read_groups(root: Path) -> tuple[Group, ...]:
    """Return the groups of a project; none if they cannot be read, which is reported later.

    A project without groups needs no reader of its settings for this.
    """
    try:
        if b"groups" not in gate.read(root / TOML):
            return ()
        from press.source.project import read_config

        return read_config(root, []).groups
    except (OSError, ValueError, ProblemsError):
        return ()


class Members:
    """The articles and collections of a project, each with its groups."""

    def __init__(
        self, names: Sequence[str], groups: Sequence[Group], topics: groups.Topics
    ) -> None:
        self.names, self.groups, self.topics = names, groups, topics
        self._found: dict[str, tuple[Group, ...]] = {}

    def of(self, name: str) -> tuple[Group, ...]:
        """Return the groups of an article."""
        if name not in self._found:
            from press.source.groups import groups_of

            self._found[name] = groups_of(name, self.topics, self.groups) if self.groups else ()
        return self._found[name]

    def config(self, config: Config, name: str) -> Config:
        """Return the configuration of an article."""
        from press.source.groups import grouped

        return grouped(config, self.of(name))

    def narrowed(self, every: Mapping[str, Request], request: Request) -> dict[str, Request]:
        """Return the requests with the names of their articles; one without any is left out.

        A request for all articles keeps an empty list.
        """
        given = [article_name(each, self.names) for each in request.articles]
        found = {}
        for issue, asked in every.items():
            limited = bool(request.group or (issue and not request.imprints))
            names = given
            if limited:
                groups = meant(self.groups, request)
                if issue and not request.imprints:
                    groups = [g for g in groups if not {issue, "all"}.isdisjoint(g.imprints)]
                every_name = given or self.names
                names = [n for n in every_name if not set(groups).isdisjoint(self.of(n))]
            if names or not limited:
                found[issue] = replace(asked, articles=tuple(names))
        return found

    def check(self, root: Path, problems: list[Problem]) -> None:
        """Report patterns and topics of groups that no article has: CFG006.

        An article whose topics cannot be read may have any.
        """
        from press.source.groups import has_topic
        from press.source.project import place_of

        for group in self.groups:
            table = f"groups.{group.name}"
            for number, pattern in enumerate(group.articles):
                if not any(fnmatchcase(name, pattern) for name in self.names):
                    hint = nearest_article(pattern, self.names)
                    message = f"group '{group.name}': no article is named '{pattern}'"
                    place = place_of(f"articles[{number}]", root, table)
                    problems.append(Problem("CFG006", place, message, hint))
            read = [self.topics(name) for name in self.names] if group.topics else []
            every = [topic for topics in read for topic in topics or ()]
            for number, topic in enumerate(group.topics if None not in read else ()):
                if not has_topic(every, topic):
                    hint = nearest(topic, dict.fromkeys(every))
                    message = f"group '{group.name}': no article has the topic '{topic}'"
                    place = place_of(f"topics[{number}]", root, table)
                    problems.append(Problem("CFG006", place, message, hint))


class Topics:
    """The topics of each article: as a manifest tells them, if nothing changed since, or read."""

    def __init__(self, keys: Keys, same: Mapping[str, ArticleEntry]) -> None:
        """Take in `same` what a manifest tells of the articles that are as they were published."""
        self.keys, self.same = keys, same
        self._found: dict[str, Sequence[str] | None] = {}

    def __call__(self, name: str) -> Sequence[str] | None:
        """Return the topics of an article; None if they cannot be read.

        A collection has none of its own: groups select it by its name.
        """
        if name not in self.keys.articles:
            return ()
        if name not in self._found:
            entry = self.same.get(name)
            self._found[name] = entry.get("topics", []) if entry else self._read(name)
        return self._found[name]

    def _read(self, name: str) -> Sequence[str] | None:
        from press.source.groups import read_topics

        root = self.keys.root
        return read_topics(root / "source" / f"{name}.md", root, self._config)

    @cached_property
    def _config(self) -> Config:
        from press.source.project import read_config

        return read_config(self.keys.root, [])
