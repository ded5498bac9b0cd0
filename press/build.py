"""The whole story: from a project's folder to published files.

In: a `Request`. Out: an `Outcome`; nothing is printed. Heavy libraries are imported only when
there is something to make. This module knows every stage, and no stage knows it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from press import record
from press.model import Artifact, Built, Citations, Config, Edition, Project, Request
from press.problems import ERROR, Problem, ProblemsError, Span
from press.publish import publish, read_manifest

if TYPE_CHECKING:
    from press.model import Document, Manuscript, Notice


class UnknownName(LookupError):
    """The command line names what does not exist: a message, and a hint."""


@dataclass(frozen=True)
class Outcome:
    """What a run did."""

    built: tuple[Built, ...] = ()
    problems: tuple[Problem, ...] = ()
    why: str = ""
    """Why something was made, or nothing."""

    @property
    def failed(self) -> bool:
        """Whether an error stands in the way of anything asked for."""
        every = [*self.problems, *(p for b in self.built for p in b.problems)]
        return any(p.severity == ERROR for p in every) or any(not b.entry for b in self.built)


@dataclass(frozen=True)
class _Job:
    """One article to make."""

    path: Path
    project: Project
    notices: tuple[Notice, ...]
    request: Request
    key: str
    engine: Mapping[str, str]
    found: tuple[Problem, ...]
    """Of the project itself. An error among them: the article is only read, so that all is said."""


def build(request: Request) -> Outcome:
    """Build what is asked for, prove it, publish it.

    Raises:
        ProblemsError: makebook.toml is missing or no TOML, or the machine stands in the way.
        UnknownName: the request names an article, edition or format that does not exist.
    """
    from press.project import read_project

    manifest = read_manifest(request.output)
    engine = record.versions()
    key = record.key(request.root, engine)
    if not request.force and (found := record.unchanged(request, manifest, key)):
        return Outcome(found, (), "nothing changed since the last build")
    problems: list[Problem] = []
    project = read_project(request.root, problems)
    paths = _chosen(request, project, problems)
    from press.disclaimers import read_notices

    notices = read_notices(project, problems)
    jobs = [_Job(path, project, notices, request, key, engine, tuple(problems)) for path in paths]
    built = _run(jobs)
    record.remember(request.output, built, project, engine)
    return Outcome(tuple(built), tuple(problems), record.why(manifest, key, request))


def _run(jobs: Sequence[_Job]) -> list[Built]:
    workers = min(jobs[0].request.jobs if jobs else 1, len(jobs))
    if workers < 2:
        return [make_article(job) for job in jobs]
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(make_article, jobs))


def make_article(job: _Job) -> Built:
    """One article, from its file to published outputs: the story on one screen."""
    problems = list(job.found)
    name = job.path.stem
    try:
        document = _document(job, problems)
        if document is None or _stopped(problems, job.request):
            return Built(name, {}, tuple(problems))
        artifacts = _render(document, job)
        problems += _prove(document, artifacts)
        problems += record.due(document.due, job.request.today)
        if _stopped(problems, job.request):
            return Built(name, {}, tuple(problems))
        wanted = [a for a in artifacts if a.format in _formats(job.request, job.project.config)]
        publish(job.request.output, wanted)
        return Built(name, _entry(document, wanted, problems, job), tuple(problems), fresh=True)
    except ProblemsError as error:
        return Built(name, {}, (*problems, *error.problems))


def _stopped(problems: Sequence[Problem], request: Request) -> bool:
    return any(request.strict or problem.severity == ERROR for problem in problems)


def _document(job: _Job, problems: list[Problem]) -> Document | None:
    """Read, cite, place and assemble; every problem of the way is collected."""
    from press import assemble, disclaimers
    from press.manuscript import read_manuscript

    config = job.project.config
    manuscript = read_manuscript(job.path, job.project.root, config, problems)
    if manuscript is None:
        return None
    cited = _cite(manuscript, job.project, problems)
    need = disclaimers.Need(
        matter=manuscript.matter,
        file=manuscript.file,
        config=config,
        by_hand=assemble.notices_by_hand(manuscript, problems),
        sections=assemble.section_ids(manuscript),
    )
    placements = disclaimers.place_notices(job.notices, need, problems)
    materials = assemble.Materials(
        manuscript, config, cited, placements, job.project.data, {}, source_date_epoch()
    )
    document = assemble.assemble(materials, problems)
    _check_glyphs(document, manuscript, job.project.root, problems)
    return document


def _cite(manuscript: Manuscript, project: Project, problems: list[Problem]) -> Citations:
    """Format the citations; blank ones where a key or the bibliography is wrong."""
    from press import bibliography, citations
    from press.citesyntax import locate_keys
    from press.project import is_file, shown

    matter, config = manuscript.matter, project.config
    names = matter.bibliography or config.bibliography
    folders = (project.root / manuscript.file).parent, project.root
    paths = [_found(name, folders) for name in names]
    before = len(problems)
    for name in (name for name, path in zip(names, paths, strict=True) if not is_file(path)):
        message = f"there is no bibliography '{name}' beside the article or in the project's folder"
        hint = "put the file there, or mend its name"
        place = _named("bibliography", manuscript, project.root)
        problems.append(Problem("CIT003", place, message, hint))
    files = [(path, shown(path, project.root)) for path in paths if is_file(path)]
    entries = bibliography.read_bibliography(files, problems)
    located = locate_keys(manuscript.text)
    if entries or len(problems) == before:  # else every key would be called unknown
        problems += citations.check_keys(
            entries, located, manuscript.file, [n for _, n in files], matter.nocite
        )
    blank = Citations(("",) * len(manuscript.clusters), ())
    if any(problem.severity == ERROR for problem in problems[before:]):
        return blank
    try:
        place = _named("csl", manuscript, project.root)
        name = matter.csl or config.csl
        style = citations.find_style(
            name, _found(name, folders).parent if name.endswith(".csl") else project.root, place
        )
        return citations.format_citations(
            manuscript.clusters, entries, style, matter.lang, matter.nocite
        )
    except ProblemsError as error:
        problems.extend(replace(problem, span=place) for problem in error.problems)
        return blank


def _named(key: str, manuscript: Manuscript, root: Path) -> Span:
    """Where a file is named: in the front matter, else in makebook.toml."""
    from press.project import place_of

    lines = manuscript.matter.lines
    return Span(manuscript.file, lines[key], 1) if key in lines else place_of(key, root)


def _found(name: str, folders: Sequence[Path]) -> Path:
    """A file named in the front matter: beside the article, else in the project's folder."""
    from press.project import is_file

    return next((folder / name for folder in folders if is_file(folder / name)), folders[0] / name)


def _check_glyphs(
    document: Document, manuscript: Manuscript, root: Path, problems: list[Problem]
) -> None:
    """Every character has a glyph: a missing one fails PDF/A and PDF/UA, and is lost to readers."""
    from press import fonts, proof
    from press.styles import Styles

    texts = [unit.text for unit in proof.units(document)]
    texts += [document.short, document.stamp, *document.labels.values()]
    sources = [(manuscript.file, manuscript.text)]
    sources += [(p.notice.file, p.notice.text) for p in document.placements]
    for character in fonts.missing(Styles(root).fonts(), "".join(texts)):
        file, text = next((s for s in sources if character in s[1]), (manuscript.file, ""))
        at = text.find(character)
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        line, column = (line, column) if text else (0, 0)
        message = (
            f"no font in styles/fonts has the character '{character}' (U+{ord(character):04X})"
        )
        hint = "write it another way, or add a font that has it to styles/fonts"
        problems.append(Problem("TXT007", Span(file, line, column), message, hint))


def _render(document: Document, job: _Job) -> list[Artifact]:
    """Lay out the main edition, make the e-book after its pages, write every PDF asked for."""
    from press import epub, pdf
    from press.styles import Styles

    styles = Styles(job.project.root)
    editions = job.project.config.editions
    main = editions[0]
    layout = pdf.lay_out(document, main, styles)
    book = epub.write_epub(document, layout.anchors, main.name, styles)
    artifacts = [book]
    if "pdf" in _formats(job.request, job.project.config):
        carried = [(*document.source, "Source"), (book.name, book.data, "Alternative")]
        for edition in _editions(job.request, editions):
            laid = layout if edition == main else pdf.lay_out(document, edition, styles)
            artifacts.append(laid.write(pdf_name(document.name, edition, main), carried))
    return artifacts


def pdf_name(article: str, edition: Edition, main: Edition) -> str:
    """`NAME.pdf` for the main edition, `NAME-EDITION.pdf` for the others."""
    return f"{article}.pdf" if edition == main else f"{article}-{edition.name}.pdf"


def _prove(document: Document, artifacts: Sequence[Artifact]) -> list[Problem]:
    from press import proof

    prove = {"pdf": proof.prove_pdf, "epub": proof.prove_epub}
    return [problem for a in artifacts for problem in prove[a.format](document, a)]


def _formats(request: Request, config: Config) -> tuple[str, ...]:
    return request.formats or config.formats


def _editions(request: Request, editions: Sequence[Edition]) -> list[Edition]:
    return [e for e in editions if not request.editions or e.name in request.editions]


def _chosen(request: Request, project: Project, problems: list[Problem]) -> list[Path]:
    """The articles to build. A name on the command line that is none is an UnknownName."""
    from press.matter import nearest

    known = {path.stem: path for path in project.articles}
    asked = [Path(name).name.removesuffix(".md") for name in request.articles]
    names = {edition.name for edition in project.config.editions}
    for kind, words, have in (("article", asked, set(known)), ("edition", request.editions, names)):
        for word in words:
            if word not in have:
                raise UnknownName(f"there is no {kind} '{word}'", nearest(word, have))
    if not known:
        hint = "write source/NAME.md, beginning with '---', 'title: …', '---'"
        problems.append(Problem("CFG006", Span("source"), "the project has no article", hint))
    return [known[name] for name in asked] or list(known.values())


def source_date_epoch() -> datetime | None:
    """SOURCE_DATE_EPOCH, for an article without dates (reproducible-builds.org specification)."""
    value = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not value:
        return None
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        hint = "give it whole seconds since 1970, or unset it"
        problem = Problem("SYS001", Span("SOURCE_DATE_EPOCH"), f"'{value}' is no time", hint)
        raise ProblemsError([problem]) from None


def _entry(
    document: Document, artifacts: Sequence[Artifact], problems: Sequence[Problem], job: _Job
) -> dict[str, Any]:
    """The article's entry in the manifest, with every file it was made of."""
    config, folder, root = job.project.config, job.path.parent, job.project.root
    paths = [job.path, *job.project.notice_files, *(root / data.file for data in job.project.data)]
    names = document.matter.bibliography or config.bibliography
    paths += [_found(name, (folder, root)) for name in names]
    paths += [folder / image.name for image in document.images]
    sources = {os.path.relpath(path, root).replace(os.sep, "/"): path for path in paths}
    return record.entry(document, artifacts, config, sources, problems, job.key)
