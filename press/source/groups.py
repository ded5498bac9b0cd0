"""The groups of articles: which articles each one selects, and what is built of them.

In: the groups of makebook.toml, and names and topics of articles. Out: the groups of an article,
and its configuration. This module must not know the text of an article.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from press.core.files import by_name, name_of, read_text, shown
from press.core.formats import FORMATS, Format
from press.core.model import Config, Group, Project
from press.core.problems import ERROR, Problem
from press.source.front_matter import read_matter, split

Topics = Callable[[str], Sequence[str] | None]
"""Maps the name of an article to its topics; to None if they cannot be read."""


def groups_of(name: str, topics: Topics, groups: Iterable[Group]) -> tuple[Group, ...]:
    """Return the groups of an article; its topics are asked for once, if some group needs them."""
    topics = cache(topics)
    return tuple(
        group
        for group in groups
        if any(fnmatchcase(name, pattern) for pattern in group.articles)
        or any(has_topic(topics(name) or (), topic) for topic in group.topics)
    )


def has_topic(topics: Iterable[str], topic: str) -> bool:
    """Return whether a topic is among some; capital letters make no difference."""
    return topic.casefold() in (each.casefold() for each in topics)


def grouped(config: Config, groups: Sequence[Group]) -> Config:
    """Return the configuration of an article in some groups: it has the editions of all of them.

    The first group names the main edition. Without a group, it is that of the project.
    """
    if not groups:
        return config
    editions = dict.fromkeys(e for group in groups for e in group.editions or config.editions)
    formats = {name for group in groups for name in group.formats or config.formats}
    return replace(
        config,
        editions=tuple(editions),
        formats=tuple(name for name in FORMATS if name in formats),
    )


def read_topics(path: Path, root: Path, config: Config) -> tuple[str, ...] | None:
    """Return the topics of an article; None if they cannot be read, which its build reports."""
    file, problems = shown(path, root), list[Problem]()
    fields, _, _ = split(read_text(path, file, problems) or "", file, problems)
    matter = read_matter(fields, config.lang, problems, config.article)
    return None if any(problem.severity == ERROR for problem in problems) else matter.topics


def formats_of(path: Path, root: Path, config: Config) -> tuple[Format, ...]:
    """Return the formats of an article; `config` may be that of another one."""
    base = replace(config, formats=config.of_others)

    def topics(_: str) -> Sequence[str] | None:
        return read_topics(path, root, config)

    return grouped(base, groups_of(name_of(path, root), topics, config.groups)).formats


def with_config_of(project: Project, name: str) -> Project:
    """Return a project with the configuration of one work."""
    return replace(project, config=config_of(project, name)) if project.config.groups else project


def is_made_for(imprint: str, project: Project, name: str) -> bool:
    """Say if groups make a work for an imprint; without one that names the imprint, all are made.

    What is not an article is published with the articles that link to it.
    """
    config, root = project.config, project.root
    groups = [group for group in config.groups if not {imprint, "all"}.isdisjoint(group.imprints)]
    path = by_name(project.articles, root).get(name)
    if not groups or path is None:
        return True
    return bool(groups_of(name, lambda _: read_topics(path, root, config), groups))


def config_of(project: Project, name: str) -> Config:
    """Return the configuration of one work; `project` may have the formats of another one."""
    config, root = replace(project.config, formats=project.config.of_others), project.root
    paths = by_name(project.articles, root)

    def topics(name: str) -> Sequence[str] | None:
        return read_topics(paths[name], root, config) if name in paths else None

    return grouped(config, groups_of(name, topics, config.groups))
