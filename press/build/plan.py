"""The plan of a run: which articles, in which issues, and what is wrong with the choice.

In: a `Request`, then a `Project`. Out: `Issue`s and the paths of articles, and a problem for each
conflict. Imports no heavy library until there is something to do. This module must not know how
anything is made.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from press.build.members import Members, meant
from press.core.files import (
    FOLDERS,
    INDEX,
    OWN,
    article_name,
    beside,
    by_name,
    document_hint,
    folded,
    imprint_files,
    name_of,
    shown,
)
from press.core.nearest import namesakes, nearest
from press.core.problems import Problem, Span, UnknownName
from press.core.records import dataclass

if TYPE_CHECKING:
    from press.core.formats import FilePart
    from press.core.model import Collection as Volume
    from press.core.model import Config, Document, Group, Imprint, Project, Request


@dataclass(frozen=True)
class Issue:
    """One set of outputs: for an imprint, or without one."""

    request: Request
    """The request, with the folder of this issue as its output."""
    config: Config
    """The configuration, as the imprint changes it."""
    name: str = ""
    imprint: Imprint | None = None
    found: tuple[Problem, ...] = ()
    """Problems in the imprint's file. If one is an error, nothing is made for the imprint."""


def requests(request: Request, groups: Sequence[Group] = ()) -> dict[str, Request]:
    """Return the request with its output folder for each imprint asked for.

    Without an imprint, the name is empty. If no imprint is asked for, those of the `groups` are
    added, as far as they exist.

    Raises:
        UnknownName: there is no such imprint or group.
    """
    known = {path.stem for path in imprint_files(request.root)}
    check_imprints(request.imprints, known)
    names = [group.name for group in groups]
    if request.group and request.group not in names:
        hint = nearest(request.group, names) if names else "write [groups.NAME] in makebook.toml"
        raise UnknownName("group", request.group, hint)
    asked = set(request.imprints)
    if not asked and request.matrix:
        asked = {name for group in meant(groups, request) for name in group.imprints}
    chosen = sorted(known) if "all" in asked else sorted(known & asked)
    if request.imprints and "all" not in asked:
        chosen = list(dict.fromkeys(request.imprints))
    issues = {name: replace(request, output=request.output / name) for name in chosen}
    return issues if request.imprints else {"": request, **issues}


def check_imprints(names: Sequence[str], known: set[str]) -> None:
    """Check the imprints named on the command line.

    Raises:
        UnknownName: there is no such imprint.
    """
    for name in names:
        if name != "all" and name not in known:
            hint = nearest(name, known) if known else "write source/imprints/NAME.toml"
            raise UnknownName("imprint", name, hint)
    if "all" in names and not known:
        raise UnknownName("imprint", "", "write source/imprints/NAME.toml")


def check_names(
    articles: Sequence[str], editions: Sequence[str], known: set[str], known_editions: set[str]
) -> None:
    """Check that the articles and editions named on the command line exist.

    Raises:
        UnknownName: there is no such article or edition.
    """
    for argument in articles:
        name = article_name(argument, known)
        if name not in known:
            hint = namesakes(name, known) or document_hint(argument) or nearest(name, known)
            raise UnknownName("article", name, hint)
    for name in editions:
        if name not in known_editions:
            raise UnknownName("edition", name, nearest(name, known_editions))


def for_article(issue: Issue, project: Project) -> Issue:
    """Return an issue with the configuration of an article, which `project` has."""
    from press.source.project import effective

    return replace(issue, config=effective(project.config, issue.imprint))


def edition_names(every: Sequence[Issue], project: Project, members: Members) -> set[str]:
    """Return the editions of the works that a run is for; a group can give others than the rest.

    If a run is for none, they are those of the project and its groups.
    """
    from press.source.groups import grouped

    configs: list[Config | Group] = []
    for issue in every:
        for groups in {members.of(name) for name in issue.request.articles or members.names}:
            own = replace(project, config=grouped(project.config, groups))
            configs.append(for_article(issue, own).config)
    configs = configs or [project.config, *members.groups]
    return {edition.name for config in configs for edition in config.editions}


def issues(wanted: Mapping[str, Request], project: Project) -> tuple[Issue, ...]:
    """Read the imprints asked for, and return their issues."""
    from press.source.imprints import read_imprint
    from press.source.project import effective

    found = []
    for name, asked in wanted.items():
        problems: list[Problem] = []
        imprint = read_imprint(name, project, problems) if name else None
        config = effective(project.config, imprint)
        found.append(Issue(asked, config, name, imprint, tuple(problems)))
    return tuple(found)


def chosen(
    request: Request, project: Project, editions: set[str], problems: list[Problem]
) -> list[Path]:
    """Return the articles to build; report a project without any: CFG006.

    `editions` are the names that an issue has or had.

    Raises:
        UnknownName: the request names an article or edition that does not exist.
    """
    known = by_name(project.articles, project.root)
    withdrawn = {name_of(each.path, project.root) for each in project.withdrawn}
    every = {*known, *withdrawn, *(each.name for each in project.collections)}
    check_names(request.articles, request.editions, every, editions)
    if not known and not withdrawn:
        hint = "write source/NAME.md, beginning with '---', 'title: …', '---'"
        problems.append(Problem("CFG006", Span("source"), "the project has no article", hint))
    asked = [article_name(name, every) for name in request.articles] or list(known)
    return [known[name] for name in asked if name in known]


def binds(issue: Issue) -> bool:
    """Say if anything that is asked for is made of collections: a PDF or an e-book.

    If the project makes neither, that is said of each collection.
    """
    from press.source.collections import bound_config

    config, request = bound_config(issue.config), issue.request
    formats = [name for name in config.formats if not request.formats or name in request.formats]
    editions = [e for e in config.editions if not request.editions or e.name in request.editions]
    return not config.formats or "epub" in formats or ("pdf" in formats and bool(editions))


def check_files(
    project: Project,
    every: Sequence[Issue],
    problems: list[Problem],
    members: Members | None = None,
) -> Project:
    """Report works whose files could not all be in the output folder: CFG007.

    Two share a name, as those of `a` in edition `b` and of `a-b`; or one is a file or a folder of
    makebook's own, or an imprint's. Many systems take `A` and `a` for the same. Returns the
    project, in which each collection has its own problem: it stops no article.
    """
    paths = by_name(project.articles, project.root)
    formats = {name for i in every for name in (*i.config.formats, *i.request.formats)}
    formats |= {name for group in project.config.groups for name in group.formats}
    free = {folded(Path(INDEX).stem)} if "html" not in formats else set()
    found = {name: said for name in paths if (said := _taken(name, project, OWN - free))}
    bound = {c.name: said for c in project.collections if (said := _own_name(c.name))}
    for issue in every:
        configs = _configs(paths, issue, project, members)
        homes: dict[str, str] = {}
        for name, message, hint in _shared(configs, homes):
            found.setdefault(name, (message, hint))
        for name, message, hint in _of_collections(project, issue, members, homes):
            bound.setdefault(name, (message, hint))
    for name, (message, hint) in found.items():
        problems.append(Problem("CFG007", Span(shown(paths[name], project.root)), message, hint))
    return replace(project, collections=tuple(_told(c, bound) for c in project.collections))


def _told(collection: Volume, found: Mapping[str, tuple[str, str]]) -> Volume:
    if collection.name not in found:
        return collection
    problem = Problem("CFG007", collection.span, *found[collection.name])
    return replace(collection, problems=(*collection.problems, problem))


def _own_name(name: str) -> tuple[str, str] | None:
    """Say if a collection has a name that makebook's own files have, and what to do."""
    if folded(name) not in OWN:
        return None
    message = f"collection '{name}' has the name of a file that makebook writes"
    return message, f"choose another name, such as [collections.all-{name.lower()}]"


def _of_collections(
    project: Project, issue: Issue, members: Members | None, homes: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield each collection that would replace another work's file, a message, and a hint.

    `homes` are the files of articles, with the names of these.
    """
    from press.source.collections import bound_config

    folders = {
        folded(str(folder)): name
        for name in by_name(project.articles, project.root)
        for folder in PurePosixPath(name).parents
    }
    called = {file: f"{name}.md" for file, name in homes.items()}
    configs = _configs((c.name for c in project.collections), issue, project, members)
    for name, config in configs.items():
        for file in file_names(name, bound_config(config)):
            mine = f"collection '{name}'"
            other = called.setdefault(folded(file), mine)
            if other != mine:
                message = f"file {file} of {mine} would replace a file of {other}"
                yield name, message, "rename one of the two"
            if inner := folders.get(folded(file), ""):
                message = f"file {file} of {mine} would replace the folder of {inner}.md"
                yield name, message, "rename one of the two"


def _configs(
    names: Iterable[str], issue: Issue, project: Project, members: Members | None
) -> dict[str, Config]:
    """Return the configuration of each article in an issue."""
    if members is None or not members.groups:
        return dict.fromkeys(names, issue.config)
    from press.source.project import effective

    found: dict[tuple[Group, ...], Config] = {}
    configs = {}
    for name in names:
        groups = members.of(name)
        if groups not in found:
            found[groups] = effective(members.config(project.config, name), issue.imprint)
        configs[name] = found[groups]
    return configs


def _shared(configs: Mapping[str, Config], homes: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each article that would replace a file of another one, a message, and a hint.

    Fills `homes` with the names of their files, and the article of each.
    """
    for name, config in configs.items():
        for file in file_names(name, config):
            other = homes.setdefault(folded(file), name)
            if other != name:
                message = f"its file {file} would replace a file of {other}.md"
                yield name, message, _LOOK_ALIKE if _alike(name, other) else "rename one of the two"
    for name in configs:
        for folder in map(str, PurePosixPath(name).parents):
            if other := homes.get(folded(folder), ""):
                message = f"its folder {folder} would replace a file of {other}.md"
                yield name, message, "rename the folder"


def _alike(name: str, other: str) -> bool:
    """Return whether two names look the same, with letters that are stored in other ways."""
    return unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", other)


_LOOK_ALIKE = "delete or rename one of the two: their names look the same, but are stored otherwise"
"""As an accent that is one character with its letter in one name, and a second one in the other."""


def file_names(article: str, config: Config) -> Iterator[str]:
    """Yield the names of all PDFs, e-books, and web pages that an article may have.

    And that of its cover, which `covers/` has as if it were beside them.
    """
    from press.core.formats import FORMATS, file_of
    from press.document.editions import file_name

    for format_ in config.formats:
        if not FORMATS[format_].has_editions:
            yield file_of(article, format_)
            if format_ == "epub":
                yield f"{article}.png"
            continue
        for edition in config.editions:
            away: tuple[FilePart, ...] = ("", "references")
            for part in away if edition.references == "companion" else away[:1]:
                yield file_name(article, edition, config.editions[0], part)


def _taken(article: str, project: Project, own: Collection[str]) -> tuple[str, str] | None:
    """Say if a name is makebook's or an imprint's, and what to do; None if it is free.

    `own` are the names that makebook's own files have.
    """
    first, _, rest = article.partition("/")
    if not rest:
        if folded(first) not in own:
            return None
        message = f"'{article}' is a name that makebook's own files have"
        if folded(first) == Path(INDEX).stem:
            message = f"its file {article}.html would replace the library page"
        return message, "rename the article"
    if folded(first) in FOLDERS:
        kind = "file" if "." in first else "folder"
        return f"'{first}' is the name of a {kind} of makebook", "rename the folder"
    for path in project.imprint_files:
        if folded(path.stem) == folded(first):
            message = f"its folder '{first}' would be that of the imprint '{path.stem}'"
            return message, "rename one of the two"
    return None


def check_identifiers(
    project: Project, problems: list[Problem], known: Mapping[str, str] = {}
) -> None:
    """Report articles that share an identifier, as after copying a file: FRM006.

    `known` has the identifiers of articles that have not changed since they were last read. If no
    two are the same, only the other articles are read.
    """
    from press.core.files import read_text, shown
    from press.source.front_matter import split

    if known:
        paths = by_name(project.articles, project.root)
        others = [path for name, path in paths.items() if name not in known]
        given = [known[name] for name in paths if known.get(name)]
        for path in others:
            fields, _, _ = split(read_text(path, "", []) or "", "", [])
            given.append(str(fields.values.get("identifier") or path))
        if len(set(given)) == len(given):
            return
    homes: dict[str, str] = {}
    for path in (*(each.path for each in project.withdrawn), *project.articles):
        file = shown(path, project.root)
        fields, _, _ = split(read_text(path, file, []) or "", file, [])
        found = fields.values.get("identifier")
        if isinstance(found, str) and found and homes.setdefault(found, file) != file:
            span = Span(file, fields.lines["identifier"], 1)
            message = f"the identifier '{found}' is also used in {homes[found]}"
            hint = "give each article a unique identifier; printed sheets are recognized by it"
            problems.append(Problem("FRM006", span, message, hint))


def sources(document: Document, path: Path, project: Project, issue: Issue) -> dict[str, Path]:
    """Return every file that an article was made from, by its name in the project."""
    from press.document.crosslinks import neighbors
    from press.source.imprints import source_paths

    folder, root = path.parent, project.root
    paths = [path, root / "makebook.toml"]
    paths += [*project.notice_files, *(root / data.file for data in project.data)]
    paths += bibliographies(document, path, project, issue).values()
    style = document.matter.csl or issue.config.csl
    paths += [beside(style, (folder, root))] if style.endswith(".csl") else []
    paths += [folder / image.file for image in document.images if image.file]
    paths += [root / linked.file for linked in document.linked]
    names = by_name(project.articles, root)
    paths += [names[name] for name in neighbors(document).values() if name in names]
    if issue.imprint:
        paths += source_paths(issue.imprint, root)
    # Without `..`, so that it is the same path that others ask about.
    return {_name(path, root): Path(os.path.normpath(path)) for path in paths}


def bibliographies(
    document: Document, path: Path, project: Project, issue: Issue
) -> dict[str, Path]:
    """Return the bibliographies of an article, by their names in the project."""
    names = document.matter.bibliography or issue.config.bibliography
    found = (beside(name, (path.parent, project.root)) for name in names)
    return {_name(path, project.root): path for path in found}


def _name(path: Path, root: Path) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")
