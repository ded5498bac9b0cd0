"""From an article's file to the complete work: read, cite, place, assemble.

In: a project and one of its articles. Out: a Draft, read and cited once, and the Document made from
it for each imprint. Nothing is laid out. This module must not know any renderer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from press.core import trees
from press.core.files import is_file, read_text, shown
from press.core.model import Citations, Document, Entry, Imprint, Manuscript, Notice, Project
from press.core.nearest import did_you_mean, near, nearest
from press.core.problems import ERROR, Problem, ProblemsError, Span, UnknownName
from press.design import fonts
from press.design.styles import Styles
from press.document import assemble
from press.document.placement import Need, place_notices
from press.document.units import head_units
from press.references import bibliography
from press.references.csl import citations
from press.references.keys import check_keys
from press.source.citation_syntax import locate_keys
from press.source.crossrefs import id_of, is_target, referred
from press.source.front_matter import body_line
from press.source.imprints import for_readers, jurisdiction_place, read_imprint
from press.source.manuscript import read_manuscript
from press.source.notices import read_notices
from press.source.project import effective, place_of, read_project

_MANY = 12
"""The number of characters without a glyph above which a whole script must be missing."""


@dataclass(frozen=True)
class Draft:
    """An article with its citations formatted, before an imprint is applied."""

    manuscript: Manuscript
    citations: Citations


def read_draft(path: Path, project: Project, problems: list[Problem]) -> Draft | None:
    """Read an article and format its citations; return None if it cannot be read.

    `problems` may contain those of other files, such as notices; they do not count here.
    """
    before = len(problems)
    manuscript = read_manuscript(path, project.root, project.config, problems)
    if manuscript is None or any(problem.code == "FRM002" for problem in problems[before:]):
        return None  # without front matter, further problems would only be consequences
    return Draft(manuscript, _cite(manuscript, project, problems))


def compose(
    draft: Draft,
    project: Project,
    notices: Sequence[Notice],
    imprint: Imprint | None,
    problems: list[Problem],
) -> Document:
    """Place the notices and assemble the work, for an imprint or without one."""
    config = effective(project.config, imprint)
    manuscript = for_readers(draft.manuscript, imprint)
    notices = (*notices, *(imprint.notices if imprint else ()))
    need = Need(
        matter=manuscript.matter,
        file=manuscript.file,
        config=config,
        by_hand=assemble.notices_by_hand(manuscript, problems),
        sections=assemble.section_ids(manuscript),
        named=jurisdiction_place(imprint),
    )
    placements = place_notices(notices, need, problems)
    materials = assemble.Materials(
        manuscript, config, draft.citations, placements, project.data, imprint, source_date_epoch()
    )
    document = assemble.assemble(materials, problems)
    _check_glyphs(document, manuscript, project.root, problems)
    return document


def _cite(manuscript: Manuscript, project: Project, problems: list[Problem]) -> Citations:
    """Format the citations, or return blank ones if a key or the bibliography is wrong."""
    matter, config = manuscript.matter, project.config
    names = matter.bibliography or config.bibliography
    folders = (project.root / manuscript.file).parent, project.root
    paths = [beside(name, folders) for name in names]
    before = len(problems)
    for name in (name for name, path in zip(names, paths, strict=True) if not is_file(path)):
        message = f"bibliography '{name}' was not found in the article's folder or the project's"
        hint = "put the file there, or correct its name"
        place = named("bibliography", manuscript, project.root)
        problems.append(Problem("CIT003", place, message, hint))
    files = [(path, shown(path, project.root)) for path in paths if is_file(path)]
    entries = bibliography.read_bibliography(files, problems)
    located = _located(manuscript)
    if entries or len(problems) == before:  # else every key would be reported as unknown
        cross = _cross_references(manuscript, entries, located, problems)
        cited = {key: places for key, places in located.items() if key not in cross}
        rest = {key: entry for key, entry in entries.items() if key not in cross}
        check_keys(rest, cited, manuscript.file, [n for _, n in files], matter.nocite, problems)
    blank = Citations(("",) * len(manuscript.clusters), ())
    if any(problem.severity == ERROR for problem in problems[before:]):
        return blank
    try:
        place = named("csl", manuscript, project.root)
        name = matter.csl or config.csl
        style = citations.find_style(
            name, beside(name, folders).parent if name.endswith(".csl") else project.root, place
        )
        return citations.format_citations(
            manuscript.clusters, entries, style, matter.lang, matter.nocite
        )
    except ProblemsError as error:
        problems.extend(replace(problem, span=place) for problem in error.problems)
        return blank


def _cross_references(
    manuscript: Manuscript,
    entries: Mapping[str, Entry],
    located: Mapping[str, Sequence[tuple[int, int]]],
    problems: list[Problem],
) -> set[str]:
    """Return the keys that are meant for elements of the article.

    Problems: REF001 a bibliography has the same key, CIT001 there is no such element.
    """
    body, found = trees.parse(manuscript.body), set[str]()
    own = dict.fromkeys(referred(body))
    ids = [id_ for e in body.iter("*") if is_target(id_ := e.get("id") or "")]
    for key, places in located.items():
        if id_of(key, own):
            found.add(key)
            if key in entries:
                message = f"'{key}' is an id of this article and a key of {entries[key].span.path}"
                span = Span(manuscript.file, *places[0])
                problems.append(Problem("REF001", span, message, "rename one of them"))
        elif is_target(key) and key not in entries:
            found.add(key)
            like = did_you_mean(near(key, ids))
            hint = like or f"give the id to a figure, table, or heading: {{#{key}}}"
            hint += " For a plain @, write \\@" if like else ", or write \\@ for a plain @"
            message = f"no figure, table, section, or entry is named '{key}'"
            spans = (Span(manuscript.file, *place) for place in places)
            problems += [Problem("CIT001", span, message, hint) for span in spans]
    return found


def _located(manuscript: Manuscript) -> dict[str, list[tuple[int, int]]]:
    """Find where an article cites each key: in its body, and in `nocite`."""
    first, nocite = body_line(manuscript.text), manuscript.matter.nocite
    cited = {cite.key for cluster in manuscript.clusters for cite in cluster.cites}
    located = {
        key: [place for place in places if place[0] >= first or key in nocite]
        for key, places in locate_keys(manuscript.text).items()
        if key in cited or key in nocite
    }
    return {key: places for key, places in located.items() if places}


def named(key: str, manuscript: Manuscript, root: Path) -> Span:
    """Return where a file is named: in the front matter, else in makebook.toml."""
    return manuscript.matter.origin.spans.get(key) or place_of(key, root)


def beside(name: str, folders: Sequence[Path]) -> Path:
    """Find a file in the article's folder, else in the project's; default to the first folder."""
    return next((folder / name for folder in folders if is_file(folder / name)), folders[0] / name)


def _check_glyphs(
    document: Document, manuscript: Manuscript, root: Path, problems: list[Problem]
) -> None:
    """Report characters without a glyph: they break PDF/A and PDF/UA and are not printed."""
    texts = [unit.text for unit in head_units(document)]
    texts += ["".join(trees.texts(trees.parse(p.xhtml))) for p in document.parts]
    texts += [document.short, document.stamp, *document.labels.values()]
    sources = [(manuscript.file, manuscript.text)]
    sources += [(p.notice.file, p.notice.text) for p in document.placements]
    if document.imprint:
        file = document.imprint.file
        sources.append((file, read_text(root / file, file, []) or ""))
        texts += [value for _, value in document.contact]
    absent = fonts.missing(Styles(root).fonts(), "".join(texts))
    for character in absent if len(absent) <= _MANY else absent[:1]:
        file, text = next((s for s in sources if character in s[1]), (manuscript.file, ""))
        at = text.find(character)
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        line, column = (line, column) if text else (0, 0)
        message = (
            f"no font in styles/fonts has the character '{character}' (U+{ord(character):04X})"
        )
        if len(absent) > _MANY:
            message += f" or {len(absent) - 1} others in this text"
        hint = "replace the character, or add a font that has it to styles/fonts"
        problems.append(Problem("TXT007", Span(file, line, column), message, hint))


def source_date_epoch() -> datetime | None:
    """Read SOURCE_DATE_EPOCH, used for an article without dates (reproducible-builds.org)."""
    value = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not value:
        return None
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        hint = "set it to a whole number of seconds since 1970, or unset it"
        message = f"'{value}' is not a valid time"
        problem = Problem("SYS001", Span("SOURCE_DATE_EPOCH"), message, hint)
        raise ProblemsError([problem]) from None


@dataclass(frozen=True)
class Sources:
    """The current state of a project, from which any handout can be assembled."""

    project: Project
    notices: tuple[Notice, ...]
    problems: tuple[Problem, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the articles."""
        return tuple(path.stem for path in self.project.articles)

    @property
    def imprints(self) -> tuple[str, ...]:
        """The names of the imprints."""
        return tuple(path.stem for path in self.project.imprint_files)

    def assembled(self, name: str, imprint: str) -> Document:
        """Assemble an article from the current sources; an empty `imprint` means none.

        Raises:
            UnknownName: there is no such article or imprint.
            ProblemsError: the sources have errors.
        """
        path = next((path for path in self.project.articles if path.stem == name), None)
        if path is None:
            raise UnknownName("article", name, nearest(name, self.names))
        if imprint and imprint not in self.imprints:
            raise UnknownName("imprint", imprint, nearest(imprint, self.imprints))
        problems = list(self.problems)
        own = read_imprint(imprint, self.project, problems) if imprint else None
        draft = read_draft(path, self.project, problems)
        if draft is None or (imprint and own is None):
            raise ProblemsError(problems)
        document = compose(draft, self.project, self.notices, own, problems)
        if any(problem.severity == ERROR for problem in problems):
            raise ProblemsError(problems)
        return document


def read_sources(root: Path) -> Sources:
    """Read a project without building anything.

    Raises:
        ProblemsError: makebook.toml is missing or not valid TOML.
    """
    problems: list[Problem] = []
    project = read_project(root, problems)
    return Sources(project, read_notices(project, problems), tuple(problems))
