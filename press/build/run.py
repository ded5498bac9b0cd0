"""A whole run: from a project's folder to published files.

In: a `Request`. Out: an `Outcome`. Heavy libraries are imported only if there is something to
make. This module knows every stage above `build`, and must not print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from press.build import manifest, plan, stale
from press.build.plan import Issue
from press.build.publish import check_home, remove_files, replace_files, sweep_temporary
from press.core import faults, gate, guarded, limits, parallel, progress, temporary
from press.core.files import CATALOG, FEED, INDEX, shown
from press.core.hashing import FileDigests, digest
from press.core.manifest import FileEntry, LibraryEntry, read_manifest, shelved
from press.core.model import Artifact, Built, Project, Request
from press.core.problems import (
    ERROR,
    OF_ONE_EDITION,
    WARNING,
    Problem,
    ProblemsError,
    Span,
    visible,
)

if TYPE_CHECKING:
    from press.build.inputs import Needs
    from press.core.model import Config, Document, Download, Notice
    from press.document.compose import Draft


@dataclass(frozen=True)
class Outcome:
    """The result of a run."""

    built: tuple[Built, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def every_problem(self) -> list[Problem]:
        """The problems of the project, then those of each article."""
        return [*self.problems, *(p for b in self.built for p in b.problems)]

    @property
    def failed(self) -> bool:
        """Say if an error prevented anything that was asked for."""
        errors = any(problem.severity == ERROR for problem in self.every_problem)
        return errors or any(built.entry is None for built in self.built)


@dataclass(frozen=True)
class _Job:
    """One article to make, in every issue asked for."""

    path: Path
    project: Project
    notices: tuple[Notice, ...]
    issues: tuple[Issue, ...]
    key: str
    engine: Mapping[str, str]
    digests: FileDigests
    found: tuple[Problem, ...]
    """Problems of the project. If one is an error, the article is read only to report its own."""


@dataclass(frozen=True)
class _Done:
    """The result for one issue of an article; nothing is published yet."""

    issue: Issue
    built: Built
    artifacts: tuple[Artifact, ...] = ()
    copies: Mapping[str, bytes] = field(default_factory=dict)
    """The files that the article links to, by their names in the output folder."""
    gone: tuple[str, ...] = ()
    """Earlier sheets to remove, because the article no longer fits on them."""


def build(request: Request) -> Outcome:
    """Build what is asked for, prove it, and publish it.

    Raises:
        ProblemsError: makebook.toml is missing or not valid TOML, or there is a system problem.
        UnknownName: the request names an article, edition, or imprint that does not exist.
    """
    gate.open_project(request.root)
    temporary.sweep_folders()
    engine = stale.versions()
    digests = FileDigests()
    key = stale.key(request.root, engine, digests)
    every = plan.requests(request)
    for asked in every.values():
        check_home(asked.output, request.output)
        sweep_temporary(asked.output)
    intact = {n: () if request.force else stale.unchanged(r, n, key) for n, r in every.items()}
    kept = [built for found in intact.values() for built in found]
    editions = {name for built in kept if built.entry for name in built.entry["editions"]}
    wanted = {name: asked for name, asked in every.items() if not intact[name]}
    if not wanted and editions.issuperset(request.editions):
        made: list[Built] = []
        problems: list[Problem] = []
    else:
        made, problems = _make(request, wanted, editions, (key, engine, digests))
    for name, asked in every.items():
        folder = f"{asked.output.parent.name}/{name}" if name else asked.output.name
        manifest.left(asked.output, folder, problems)
        manifest.report_withdrawn(asked.output, problems)
    outcome = Outcome((*kept, *made), tuple(problems))
    if request.preview:
        _preview(outcome, request)
    return outcome


def _make(
    request: Request,
    wanted: Mapping[str, Request],
    editions: set[str],
    state: tuple[str, Mapping[str, str], FileDigests],
) -> tuple[list[Built], list[Problem]]:
    """Make and publish what is wanted; return the results and the problems of the project.

    `editions` are the names of the editions in issues that are already up to date.
    """
    from press.design.styles import Styles
    from press.source.notices import read_notices
    from press.source.project import read_project

    problems: list[Problem] = []
    project = read_project(request.root, problems)
    issues = plan.issues(wanted, project)
    known = editions | {e.name for issue in issues for e in issue.config.editions}
    paths = plan.chosen(request, project, known, problems)
    notices = read_notices(project, problems)
    Styles(request.root).check(problems)
    plan.check_files(project, issues, problems)
    plan.check_identifiers(project, problems)
    jobs = [_Job(path, project, notices, issues, *state, tuple(problems)) for path in paths]
    made = [_published(done, project, state[1]) for done in _run(jobs, request.jobs)]
    problems += (problem for each in project.withdrawn for problem in each.problems)
    for issue in issues:
        manifest.withdraw(issue.request.output, project)
    _list_all(issues, made, project, problems, state[2])
    return made, problems


def _run(jobs: Sequence[_Job], at_once: int) -> Iterator[_Done]:
    """Make everything; yield each result as it is ready, so that it is published at once."""
    single = [replace(job, issues=(issue,)) for job in jobs for issue in job.issues]
    if at_once < 2 or len(single) < 2:
        work, at_once = list(jobs), 1
    else:
        work = [_alone(job) for job in single]
        progress.say(f"0 of {len(work)} finished")
    items = [(job, _allowance(job)) for job in work]
    with guarded.begun(make_all, items, at_once, _ended) as done:
        for number, several in enumerate(done, 1):
            if len(work) > 1:
                progress.say(f"{number} of {len(work)} finished")
            yield from several


def _allowance(job: _Job) -> limits.Allowance:
    """Return what the work on an article may take."""
    try:
        size = min(job.path.stat().st_size, gate.LIMITS["text"])
    except OSError:
        size = 0
    asked = job.issues[0].request.limits if job.issues else limits.NO_LIMITS
    return limits.allowance(size, len(job.issues), job.project.config.limits, asked)


def _ended(job: _Job, end: guarded.End) -> list[_Done]:
    """Return the result of an article whose process was ended."""
    problem = _end_problem(job, end)
    found = [(*job.found, *issue.found, problem) for issue in job.issues]
    return [
        _Done(issue, Built(job.path.stem, None, problems, imprint=issue.name))
        for issue, problems in zip(job.issues, found, strict=True)
    ]


def _end_problem(job: _Job, end: guarded.End) -> Problem:
    """Say why the process of an article was ended: LIM001 by a limit, SYS003 by someone else."""
    span, name = Span(shown(job.path, job.project.root)), job.path.stem
    doing = f"{faults.STAGES[end.stage]} '{name}'"
    if end.exceeded is None:
        message = f"a build process was killed while {doing}"
        hint = "free memory, or build with --jobs 1"
        return Problem("SYS003", span, message, hint)
    more = limits.double(end.allowed, end.exceeded)
    message = f"{doing} took more than {end.allowed.words(end.exceeded)}"
    hint = f"divide or simplify the article, or allow more: --limit {end.exceeded}={more}"
    return Problem("LIM001", span, message, hint)


def _alone(job: _Job) -> _Job:
    """Return the same job for a separate process, which starts no others."""
    issues = [replace(i, request=replace(i.request, jobs=1)) for i in job.issues]
    return replace(job, issues=tuple(issues))


def make_all(job: _Job) -> list[_Done]:
    """Return all results of `make_article` at once, as a helper process must."""
    return list(make_article(job))


def make_article(job: _Job) -> Iterator[_Done]:
    """Make one article, from its file to the finished outputs of every issue."""
    from press.document.compose import read_draft

    problems = list(job.found)
    draft = None
    progress.say(f"{job.path.stem}: reading")
    progress.enter("reading")
    try:
        draft = read_draft(job.path, job.project, problems)
    except ProblemsError as error:
        problems += error.problems
    except Exception as error:  # noqa: BLE001 - other articles go on
        problems.append(_fault(job, error))
    for issue in job.issues:
        yield _make_issue(job, issue, draft, problems)


def _make_issue(job: _Job, issue: Issue, draft: Draft | None, before: Sequence[Problem]) -> _Done:
    """Make one issue of an article: compose it, then rebuild what is stale."""
    from press.document.compose import compose

    problems = [*before, *issue.found]
    request = issue.request
    failed = Built(job.path.stem, imprint=issue.name)
    try:
        unread = issue.name and issue.imprint is None
        if draft is None or unread or _stopped(issue.found, request):
            return _Done(issue, replace(failed, problems=tuple(problems)))
        progress.enter("composing")
        document = compose(draft, job.project, job.notices, issue.imprint, problems)
        if _stopped(problems, request):
            problems += stale.due(document.due, request.today)
            return _Done(issue, replace(failed, problems=tuple(problems)))
        return _renew(document, job, issue, problems)
    except parallel.Lost as error:
        lost = guarded.End(_allowance(job), limits.exceeded(error.status), "layout")
        return _Done(issue, replace(failed, problems=(*problems, _end_problem(job, lost))))
    except ProblemsError as error:
        return _Done(issue, replace(failed, problems=(*problems, *error.problems)))
    except Exception as error:  # noqa: BLE001 - other articles go on
        return _Done(issue, replace(failed, problems=(*problems, _fault(job, error))))


def _fault(job: _Job, error: Exception) -> Problem:
    """Return the problem of an exception that nobody foresaw."""
    if isinstance(error, MemoryError):
        return _end_problem(job, guarded.End(_allowance(job), "memory", progress.stage()))
    span = Span(shown(job.path, job.project.root))
    if isinstance(error, OSError):
        place = Span(visible(str(error.filename))) if error.filename else span
        return Problem("SYS002", place, error.strerror or str(error), "try again")
    return faults.unforeseen(error, f"{faults.STAGES[progress.stage()]} '{job.path.stem}'", span)


def _renew(document: Document, job: _Job, issue: Issue, problems: list[Problem]) -> _Done:
    """Rebuild every file whose inputs changed; keep the others.

    A sheet that does not fit keeps no other file back, but no page offers an earlier one.
    """
    from press.build.inputs import Needs
    from press.build.make import (
        Task,
        copies,
        make_files,
        make_page,
        names,
        outputs,
        printable,
        sheet_problems,
    )
    from press.core.formats import file_of
    from press.design.styles import Styles
    from press.document.identity import describe

    config, request = issue.config, issue.request
    styles = Styles.for_imprint(request.root, issue.imprint)
    needs = Needs(document, config, styles, job.engine, job.digests)
    sources = plan.sources(document, job.path, job.project, issue)
    earlier = stale.Earlier(request, document.name, sources)
    wanted = outputs(document, config, request, needs)
    for name, (edition, needed) in wanted.items():
        earlier.is_stale(name, needed, edition)
    book = earlier.standing(file_of(document.name, "epub"), needs.book())
    task = Task(document, config, request, describe(document), frozenset(earlier.stale), book)
    found = sheet_problems(document, config, request)
    artifacts = make_files(task, found) if earlier.stale else []
    files = {a.name: manifest.file_entry(a, wanted[a.name][1], job.key) for a in artifacts}
    failed = earlier.stale - files.keys()  # the files of a sheet that does not fit
    kept, every = earlier.kept(job.key), names(document, config) - failed
    outdated = _outdated(document, issue, needs, earlier)
    others = {n: f for n, f in earlier.others(every).items() if n not in outdated}
    if "html" in (request.formats or config.formats):
        offered = _offered(config, {**others, **kept, **files})
        needed = needs.page(offered)
        if earlier.is_stale(file_of(document.name, "html"), needed):
            page = make_page(document, offered, styles, found)
            artifacts.append(page)
            files[page.name] = manifest.file_entry(page, needed, job.key)
        kept = earlier.kept(job.key)
    copied = copies(document, request, found)
    problems += found + earlier.warnings(kept) + stale.due(document.due, request.today)
    if _stopped(problems, request):
        return _Done(issue, Built(document.name, None, tuple(problems), imprint=issue.name))
    said = [p for p in (*problems, *earlier.warnings(others)) if p.severity != ERROR]
    told = replace(config, editions=tuple(printable(document, config.editions)))
    made = tuple(artifact.name for artifact in artifacts)
    entry = manifest.entry(task, {**kept, **files}, every, told, sources, said)
    gone = tuple(name for name in sorted(failed) if name in earlier.files)
    reasons, problems = dict(earlier.reasons), list(_told(problems, gone))
    built = Built(document.name, entry, tuple(problems), made, issue.name, reasons, {}, outdated)
    return _Done(issue, built, tuple(artifacts), copied, gone)


def _offered(config: Config, files: Mapping[str, FileEntry]) -> list[Download]:
    """Return the downloads that a web page offers."""
    from press.output.web.offers import downloads

    order = [edition.name for edition in config.editions]
    return downloads({n: f for n, f in files.items() if f["format"] != "html"}, order)


def _outdated(
    document: Document, issue: Issue, needs: Needs, earlier: stale.Earlier
) -> frozenset[str]:
    """Return the sheets that are not asked for, and that would be different today."""
    from press.build.make import outputs

    every = replace(issue.request, formats=(), editions=())
    needed = outputs(document, issue.config, every, needs)
    return earlier.outdated({name: inputs for name, (_, inputs) in needed.items()})


def _told(problems: Sequence[Problem], gone: Sequence[str]) -> Iterator[Problem]:
    """Say with a sheet that does not fit that the earlier one is no longer there."""
    for problem in problems:
        if gone and problem.code == "SHT001":
            hint = f"{problem.hint}; the earlier sheet was removed: it is out of date"
            yield replace(problem, hint=hint)
        else:
            yield problem


def _stopped(problems: Sequence[Problem], request: Request) -> bool:
    stops = (ERROR, WARNING) if request.strict else (ERROR,)
    return any(p.severity in stops and p.code not in OF_ONE_EDITION for p in problems)


def _published(done: _Done, project: Project, engine: Mapping[str, str]) -> Built:
    """Publish the files of one issue of one article, and record them in the manifest."""
    built, output = done.built, done.issue.request.output
    if built.entry is None:
        return built
    try:
        new = {**done.copies, **{artifact.name: artifact.data for artifact in done.artifacts}}
        manifest.publish(output, built, new, project, engine, done.gone)
        remove_files(output, done.gone)
    except ProblemsError as error:
        problems = (*built.problems, *error.problems)
        return replace(built, entry=None, made=(), reasons={}, problems=problems)
    return replace(built, trails={a.edition: a.trail for a in done.artifacts if a.trail})


def _list_all(
    issues: Sequence[Issue],
    built: Sequence[Built],
    project: Project,
    problems: list[Problem],
    digests: FileDigests,
) -> None:
    """Update the library of each folder into which this run published a handout.

    If a run ends before this, the manifest shows the next one that the library is out of date.
    """
    for issue in issues:
        gone = read_manifest(issue.request.output).get("withdrawn")
        if gone or any(each.entry for each in built if each.imprint == issue.name):
            try:
                _list(issue, project, digests)
            except ProblemsError as error:  # the handouts stay; the next build lists them
                problems += error.problems


def _list(issue: Issue, project: Project, digests: FileDigests) -> None:
    """Write the library of a folder if web pages are made and it is out of date."""
    config, folder = issue.config, issue.request.output
    if "html" not in (issue.request.formats or config.formats):
        if "html" not in config.formats:
            manifest.unlist(folder)
        return
    from press.build.inputs import listing_digest, shelf
    from press.design.styles import Styles
    from press.output.web.catalog import Shelf, write_feed, write_list
    from press.output.web.library import covers_of, write_library

    styles = Styles.for_imprint(project.root, issue.imprint)
    clinic = issue.imprint.clinic.get("name", "") if issue.imprint else ""
    content = read_manifest(folder)
    drafts = issue.request.drafts
    entries, known = shelved(content, drafts=drafts), content.get("library")
    key = shelf(entries, styles, (config.lang, clinic, config.address), digests)
    if known and known["key"] == key and stale.listed(folder, content, drafts=drafts):
        return
    covers, about = (
        covers_of(folder, entries),
        Shelf(config.lang, clinic, issue.name, config.address),
    )
    data = write_library(folder, entries, styles, config.lang, clinic, covers)
    beside = {
        FEED: write_feed(folder, entries, about, covers),
        CATALOG: write_list(folder, entries, about),
    }
    replace_files(folder, {INDEX: data, **beside})
    library: LibraryEntry = {
        "sha256": digest(data),
        "key": key,
        "of": listing_digest(entries),
        "beside": {name: digest(each) for name, each in beside.items()},
    }
    manifest.list_library(folder, library)


def _preview(outcome: Outcome, request: Request) -> None:
    """Write page pictures of every PDF that was asked for and published."""
    from press.build.preview import write_previews

    for built in outcome.built:
        folder, files = request.output / built.imprint, built.entry["files"] if built.entry else ()
        write_previews(folder, [folder / name for name in files])
