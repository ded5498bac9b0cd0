"""The plan of a run: which articles, in which issues, and what is wrong with the choice.

In: a `Request`, then a `Project`. Out: `Issue`s and the paths of articles, and a problem for each
conflict. Imports no heavy library until there is something to do. This module must not know how
anything is made.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from press.core.files import article_name, beside, document_hint, imprint_files
from press.core.nearest import nearest
from press.core.problems import Problem, Span, UnknownName

if TYPE_CHECKING:
    from press.core.formats import FilePart
    from press.core.model import Config, Document, Imprint, Project, Request


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


def requests(request: Request) -> dict[str, Request]:
    """Return the request with its output folder for each imprint asked for.

    Without an imprint, the name is empty.

    Raises:
        UnknownName: there is no such imprint.
    """
    if not request.imprints:
        return {"": request}
    known = {path.stem for path in imprint_files(request.root)}
    check_imprints(request.imprints, known)
    names = sorted(known) if "all" in request.imprints else dict.fromkeys(request.imprints)
    return {name: replace(request, output=request.output / name) for name in names}


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
        name = article_name(argument)
        if name not in known:
            raise UnknownName("article", name, document_hint(argument) or nearest(name, known))
    for name in editions:
        if name not in known_editions:
            raise UnknownName("edition", name, nearest(name, known_editions))


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
    known = {path.stem: path for path in project.articles}
    withdrawn = {each.path.stem for each in project.withdrawn}
    check_names(request.articles, request.editions, {*known, *withdrawn}, editions)
    if not known and not withdrawn:
        hint = "write source/NAME.md, beginning with '---', 'title: …', '---'"
        problems.append(Problem("CFG006", Span("source"), "the project has no article", hint))
    asked = [article_name(name) for name in request.articles] or list(known)
    return [known[name] for name in asked if name not in withdrawn]


def check_files(project: Project, every: Sequence[Issue], problems: list[Problem]) -> None:
    """Report articles whose files would share a name, as `a` in edition `b` and `a-b`: CFG007."""
    from press.core.files import INDEX, shown
    from press.core.formats import file_of
    from press.document.editions import file_name

    found = {}
    listed = any("html" in issue.config.formats for issue in every)
    for path in project.articles:
        if listed and file_of(path.stem, "html") == INDEX:
            span = Span(shown(path, project.root))
            message = f"its file {INDEX} would replace the library page"
            found[span] = Problem("CFG007", span, message, "rename the article")
    for issue in every:
        editions = issue.config.editions
        homes: dict[str, Path] = {}
        for path in project.articles:
            for edition in editions:
                away: tuple[FilePart, ...] = ("", "references")
                for part in away if edition.references == "companion" else away[:1]:
                    name = file_name(path.stem, edition, editions[0], part)
                    if homes.setdefault(name, path) == path:
                        continue
                    span = Span(shown(path, project.root))
                    message = f"its file {name} would replace a file of {homes[name].name}"
                    found[span] = Problem("CFG007", span, message, "rename one of the two")
    problems += found.values()


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
        others = [path for path in project.articles if path.stem not in known]
        given = [known[p.stem] for p in project.articles if known.get(p.stem)]
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
    names = {path.stem: path for path in project.articles}
    pages = (unquote(link.partition("#")[0]) for link in neighbors(document))
    paths += [names[page[:-5]] for page in pages if page[:-5] in names and page.endswith(".html")]
    if issue.imprint:
        paths += source_paths(issue.imprint, root)
    return {_name(path, root): path for path in paths}


def bibliographies(
    document: Document, path: Path, project: Project, issue: Issue
) -> dict[str, Path]:
    """Return the bibliographies of an article, by their names in the project."""
    names = document.matter.bibliography or issue.config.bibliography
    found = (beside(name, (path.parent, project.root)) for name in names)
    return {_name(path, project.root): path for path in found}


def _name(path: Path, root: Path) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")
