"""A whole run: from a project's folder to published files.

In: a `Request`. Out: an `Outcome`. Heavy libraries are imported only if there is something to
make. This module knows every stage above `build`, and must not print.
"""

from __future__ import annotations

import contextlib
import posixpath
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from press.build import manifest, plan, stale
from press.build.inputs import Needs
from press.build.keys import TOML, Keys
from press.build.manifest import Ledger
from press.build.members import Members, Topics, read_groups
from press.build.plan import Issue
from press.build.publish import check_home, remove_files, replace_files, sweep_temporary
from press.build.state import State
from press.core import faults, gate, guarded, limits, parallel, progress, temporary
from press.core.files import CATALOG, FEED, INDEX, by_name, is_name, name_of, shown
from press.core.formats import base_name, file_of
from press.core.hashing import digest
from press.core.manifest import ArticleEntry, FileEntry, LibraryEntry, linked_of, shelved
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
from press.core.records import dataclass

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from press.build.cache import Cache
    from press.build.make import Task
    from press.core.model import Collection, Config, Document, Download, Group, Notice
    from press.design.styles import Styles
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
    """One article or collection to make, in every issue asked for."""

    path: Path
    """The article; for a collection, makebook.toml."""
    project: Project
    notices: tuple[Notice, ...]
    issues: tuple[Issue, ...]
    keys: Keys
    earlier: Mapping[str, ArticleEntry]
    """What each issue's manifest tells of it, with all inputs of each file."""
    found: tuple[Problem, ...]
    """Problems of the project. If one is an error, the article is read only to report its own."""
    collection: Collection | None = None

    @property
    def name(self) -> str:
        """The base name of its outputs."""
        if self.collection:
            return self.collection.name
        return name_of(self.path, self.project.root)

    @property
    def span(self) -> Span:
        """The place of its problems that have no other."""
        if self.collection:
            return self.collection.span
        return Span(shown(self.path, self.project.root))


@dataclass(frozen=True)
class _Books:
    """What a run knows of the project and of each issue's folder."""

    keys: Keys
    state: State
    ledgers: Mapping[str, Ledger]
    stand: Mapping[str, stale.Standing]
    members: Members
    same: frozenset[str]
    """The names of articles that were published as they are now."""
    cache: Cache | None = None


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
    taken: bool = False
    """It is from the cache."""


def build(request: Request) -> Outcome:
    """Build what is asked for, prove it, and publish it.

    Raises:
        ProblemsError: makebook.toml is missing or not valid TOML, or there is a system problem.
        UnknownName: the request names an article, edition, or imprint that does not exist.
    """
    gate.open_project(request.root)
    temporary.sweep_folders()
    engine = stale.versions()
    groups = read_groups(request.root)
    request = replace(request, matrix=request.matrix and bool(groups))
    every = plan.requests(request, groups)
    for asked in every.values():
        check_home(asked.output, request.output)
        sweep_temporary(asked.output)
    state = State(request.root, request.output, trusting=not request.force)
    told = None if request.force else state.told(request, every, engine)
    kept = stale.still(told, request) if told else ()
    if kept:
        problems: list[Problem] = []
        for withdrawn in state.withdrawn():
            manifest.report_withdrawn(withdrawn, problems)
        outcome = Outcome(kept, tuple(problems))
    else:
        outcome = _brought_up_to_date(request, every, groups, engine, state)
    if request.preview:
        _preview(outcome, request)
    return outcome


def _brought_up_to_date(
    request: Request,
    wanted: Mapping[str, Request],
    groups: Sequence[Group],
    engine: Mapping[str, str],
    state: State,
) -> Outcome:
    """Make what changed; each folder's manifest and library are written once, at the end.

    `wanted` has the folder of each issue, before the groups say which articles it has.
    """
    keys = Keys(request.root, engine, state)
    for asked in wanted.values():
        sweep_temporary(asked.output, {posixpath.dirname(name) for name in keys.articles})
    keys.read_all()
    problems: list[Problem] = []
    ledgers = {name: manifest.opened(asked.output) for name, asked in wanted.items()}
    for name, asked in wanted.items():
        manifest.set_aside(ledgers[name], _shown(asked, name), problems)
    contents = {name: ledger.content for name, ledger in ledgers.items()}
    each = ((name, stale.unchanged(name, keys, contents)) for name in keys.articles)
    same = {name: entry for name, entry in each if entry}
    keys.recall(same)
    members = Members(keys.names, groups, Topics(keys, same))
    every = members.narrowed(wanted, request)
    stand = {
        name: stale.standing(asked, name, keys, ledgers[name].content, state)
        for name, asked in every.items()
    }
    state.seal()
    kept = [built for each in stand.values() for built in each.kept.values()]
    editions = {name for built in kept if built.entry for name in built.entry["editions"]}
    made: list[Built] = []
    whole = all(not each.names and each.is_listed() and each.checked for each in stand.values())
    if not (
        kept and whole and all(map(is_name, keys.files)) and editions.issuperset(request.editions)
    ):
        cache = _cache(request, keys, state)
        books = _Books(keys, state, ledgers, stand, members, frozenset(same), cache)
        made, found = _make(request, every, books, editions)
        problems += found
        problems += cache.problems if cache else ()
    kept = [built for each in stand.values() for built in each.kept.values()]
    behind = _behind(request, every, keys, ledgers)
    for name, asked in every.items():
        for built in stand[name].kept.values():
            stale.keep(built, ledgers[name], keys.project(name), stand[name].found)
        try:
            manifest.finish(ledgers[name], keys.names)
        except ProblemsError as error:  # the journal stays, and the next run reads it
            problems += error.problems
        manifest.left(ledgers[name], _shown(asked, name), problems)
        manifest.report_withdrawn(ledgers[name].content.get("withdrawn", {}), problems)
    outcome = Outcome((*kept, *made), (*problems, *behind))
    again = outcome.failed or behind  # the next run looks again, and says the same
    state.save(request, engine, contents, None if again else outcome.built)
    return outcome


def _behind(
    request: Request, every: Mapping[str, Request], keys: Keys, ledgers: Mapping[str, Ledger]
) -> list[Problem]:
    """Report what no group makes for its imprint, in a build of everything."""
    if request.imprints or request.articles or request.group:
        return []
    return [
        problem
        for name, asked in every.items()
        if name and asked.articles
        for problem in stale.left_behind(
            name, asked.articles, keys, ledgers[name].content, _shown(asked, name)
        )
    ]


def _shown(asked: Request, issue: str) -> str:
    """Return the name of an issue's folder, as an author knows it."""
    return f"{asked.output.parent.name}/{issue}" if issue else asked.output.name


def _make(
    request: Request, every: Mapping[str, Request], books: _Books, editions: set[str]
) -> tuple[list[Built], list[Problem]]:
    """Make and publish what changed; return the results and the problems of the project.

    `editions` are the names of the editions of articles that are kept. An article is no longer kept
    if problems of the project concern it.
    """
    from press.design.styles import Styles
    from press.source.notices import read_notices
    from press.source.project import read_project

    problems: list[Problem] = []
    project = read_project(request.root, problems, books.same)
    issues = plan.issues(every, project)
    members = books.members
    known = editions | plan.edition_names(issues, project, members)
    members.check(request.root, problems)
    paths = plan.chosen(request, project, known, problems)
    notices = read_notices(project, problems)
    Styles(request.root).check(problems)
    project = plan.check_files(project, issues, problems, members)
    contents = [ledger.content for ledger in books.ledgers.values()]
    plan.check_identifiers(project, problems, stale.identifiers(books.keys, contents))
    for issue in issues:
        every_problem = [*problems, *issue.found]
        books.stand[issue.name].judge(every_problem, stopped=_stopped(every_problem, request))
    for ledger in books.ledgers.values():
        manifest.withdraw(ledger, project, books.state)
    every_one = _Job(request.root, project, notices, issues, books.keys, {}, tuple(problems))
    jobs, made = _planned(every_one, paths, books)
    made += [_published(done, books) for done in _run(jobs, request)]
    problems += (problem for each in project.withdrawn for problem in each.problems)
    problems += () if request.articles else project.misnamed
    _list_all(issues, made, books, project, problems)
    return made, problems


def _planned(common: _Job, paths: Sequence[Path], books: _Books) -> tuple[list[_Job], list[Built]]:
    """Return the jobs for what is not current; publish what the cache has, and return that.

    `common` has what every job has.
    """
    jobs, made = list[_Job](), list[Built]()
    project, members = common.project, books.members
    owns: dict[tuple[Group, ...], Project] = {}
    works: list[tuple[str, Path, Collection | None]]
    works = [(name, path, None) for name, path in by_name(paths, project.root).items()]
    works += [(each.name, project.root / TOML, each) for each in project.collections]
    for name, path, collection in works:
        if (groups := members.of(name)) not in owns:
            owns[groups] = replace(project, config=members.config(project.config, name))
        own = replace(common, path=path, project=owns[groups], collection=collection)
        missing = _missing(name, own, books)
        wrong = bool(collection and collection.problems)
        taken = [] if wrong else [d for issue in missing if (d := _taken(name, issue, books))]
        made += [_published(done, books) for done in taken]
        found = {done.issue.name for done in taken}
        those = tuple(issue for issue in missing if issue.name not in found)
        contents = {i.name: books.ledgers[i.name].content for i in those}
        earlier = {issue: stale.earlier(content, name) for issue, content in contents.items()}
        before = {issue: entry for issue, entry in earlier.items() if entry}
        jobs += [replace(own, issues=those, earlier=before)] if those else []
    return jobs, made


def _missing(name: str, job: _Job, books: _Books) -> list[Issue]:
    """Return the issues in which a work is to be made, with its configuration.

    Unless it is named, a request for web pages or sheets alone means no collection. One that is
    wrong is not kept either.
    """
    wanted = [
        plan.for_article(issue, job.project)
        for issue in job.issues
        if name in (issue.request.articles or (name,))
    ]
    if job.collection is None:
        return [issue for issue in wanted if name not in books.stand[issue.name].kept]
    wanted = [issue for issue in wanted if issue.request.articles or plan.binds(issue)]
    if job.collection.problems:
        for issue in wanted:
            kept = books.stand[issue.name].kept
            if name in kept and "parts" in (kept[name].entry or ()):
                del kept[name]
        return wanted
    return [issue for issue in wanted if name not in books.stand[issue.name].kept]


def _cache(request: Request, keys: Keys, state: State) -> Cache | None:
    if request.cache is None:
        return None
    from press.build.cache import Cache

    return Cache(request.cache, keys, state)


def _taken(name: str, issue: Issue, books: _Books) -> _Done | None:
    """Return an article from the cache, if it is there."""
    stand = books.stand[issue.name]
    if books.cache is None or stand.stopped:
        return None
    before = books.ledgers[issue.name].content["articles"].get(name)
    found = books.cache.take(issue, name, before, stand.found)
    return _Done(issue, found[0], copies=found[1], taken=True) if found else None


def _run(jobs: Sequence[_Job], request: Request) -> Iterator[_Done]:
    """Make everything; yield each result as it is ready, so that it is published at once.

    On a cluster, too; but articles for which the fonts of this system count, or files that were
    not sent, are made here.
    """
    single = [replace(job, issues=(issue,)) for job in jobs for issue in job.issues]
    at_once, there = request.jobs, _elsewhere(jobs, request)
    if not there and (at_once < 2 or len(single) < 2):
        work, at_once = list(jobs), 1
    else:
        work = [_alone(job) for job in single]
        progress.say(f"0 of {len(work)} finished")
    began = time.monotonic()
    items = [(job, _allowance(job)) for job in work]
    here = []
    with guarded.begun(make_all, items, at_once, _ended, there) as done:
        for number, several in enumerate(done, 1):
            if len(work) > 1:
                progress.say_finished(number, len(work), began)
            if there and any(_needs_this_machine(each.built) for each in several):
                here.append(work[number - 1])
            else:
                yield from several
    if here:
        yield from _run(here, replace(request, scheduler=""))


def _elsewhere(jobs: Sequence[_Job], request: Request) -> Executor | None:
    """Return the workers of the scheduler that is asked for."""
    if not request.scheduler or not jobs:
        return None
    from press.build import cluster

    first = jobs[0]
    for path in cluster.project_files(request.root, request.output)[0].values():
        first.keys.digests[path]
    projects = {id(job.project): job.project for job in jobs}.values()
    common = (*projects, first.notices, first.keys)
    order = cluster.Order(request.scheduler, request.root, request.output, common, _existing)
    return cluster.connected(order)


def _existing(job: _Job) -> dict[str, Path]:
    """Return the files of the earlier build of an article, by their names in the output folder."""
    return {
        f"{issue.name}/{name}".lstrip("/"): issue.request.output / name
        for issue in job.issues
        if (entry := job.earlier.get(issue.name))
        for name in (*entry["files"], *linked_of(entry))
    }


def _needs_this_machine(built: Built) -> bool:
    """Say if an article has characters for which the fonts of the system count, or an error.

    A worker has no hidden files, for example. What was ended there is not tried again.
    """
    return any(
        problem.code == "TXT013"
        or (problem.severity == ERROR and problem.code not in ("LIM001", "SYS003", "BUG001"))
        for problem in built.problems
    )


def _allowance(job: _Job) -> limits.Allowance:
    """Return what the work on an article may take."""
    size = 0
    for path in job.collection.articles if job.collection else [job.path]:
        with contextlib.suppress(OSError):
            size += min(path.stat().st_size, gate.LIMITS["text"])
    asked = job.issues[0].request.limits if job.issues else limits.NO_LIMITS
    return limits.allowance(size, len(job.issues), job.project.config.limits, asked)


def _ended(job: _Job, end: guarded.End) -> list[_Done]:
    """Return the result of an article whose process was ended."""
    problem = _end_problem(job, end)
    found = [(*job.found, *issue.found, problem) for issue in job.issues]
    return [
        _Done(issue, Built(job.name, None, problems, imprint=issue.name))
        for issue, problems in zip(job.issues, found, strict=True)
    ]


def _end_problem(job: _Job, end: guarded.End) -> Problem:
    """Say why the process of an article was ended: LIM001 by a limit, SYS003 by someone else."""
    span, name = job.span, job.name
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

    if job.collection:
        yield from (_make_volume(job, job.collection, issue) for issue in job.issues)
        return
    problems = list(job.found)
    draft = None
    progress.say(f"{job.name}: reading")
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
    with _caught(job, problems):
        if draft is None or _unread(issue):
            return _failed(job, issue, problems)
        progress.enter("composing")
        document = compose(draft, job.project, job.notices, issue.imprint, problems)
        if _stopped(problems, request):
            problems += stale.due(document.due, request.today)
            return _failed(job, issue, problems)
        sources = plan.sources(document, job.path, job.project, issue)
        return _renew(document, sources, draft, job, issue, problems)
    return _failed(job, issue, problems)


def _make_volume(job: _Job, collection: Collection, issue: Issue) -> _Done:
    """Make one issue of a collection: read and bind its articles, then rebuild what is stale."""
    from press.document.binding import bind
    from press.source.collections import bound_config

    problems, request = [*job.found, *issue.found], issue.request
    progress.say(f"{job.name}: reading")
    progress.enter("reading")
    with _caught(job, problems):
        if not plan.binds(issue):
            message = f"nothing that was asked for is made of the collection '{job.name}'"
            hint = "ask for PDF or EPUB, in an edition other than a sheet"
            problems.append(Problem("COL001", job.span, message, hint))
        if _unread(issue) or _stopped(problems, request):
            return _failed(job, issue, problems)
        volume = bind(collection, job.project, job.notices, issue.imprint, problems)
        if volume is None or _stopped(problems, request):
            return _failed(job, issue, problems)
        sources = {TOML: job.path}
        for path, document in volume.articles:
            sources |= plan.sources(document, path, job.project, issue)
        issue = replace(issue, config=bound_config(issue.config))
        return _renew(volume.document, sources, None, job, issue, problems)
    return _failed(job, issue, problems)


def _unread(issue: Issue) -> bool:
    """Say if the imprint of an issue cannot be used."""
    unread = bool(issue.name) and issue.imprint is None
    return unread or _stopped(issue.found, issue.request)


def _failed(job: _Job, issue: Issue, problems: Sequence[Problem]) -> _Done:
    return _Done(issue, Built(job.name, None, tuple(problems), imprint=issue.name))


@contextlib.contextmanager
def _caught(job: _Job, problems: list[Problem]) -> Iterator[None]:
    """Add whatever ends the work on an article to its problems: other articles go on."""
    try:
        yield
    except parallel.Lost as error:
        lost = guarded.End(_allowance(job), limits.exceeded(error.status), "layout")
        problems.append(_end_problem(job, lost))
    except ProblemsError as error:
        problems += error.problems
    except Exception as error:  # noqa: BLE001 - other articles go on
        problems.append(_fault(job, error))


def _fault(job: _Job, error: Exception) -> Problem:
    """Return the problem of an exception that nobody foresaw."""
    if isinstance(error, MemoryError):
        return _end_problem(job, guarded.End(_allowance(job), "memory", progress.stage()))
    if isinstance(error, OSError):
        place = Span(visible(str(error.filename))) if error.filename else job.span
        return Problem("SYS002", place, error.strerror or str(error), "try again")
    return faults.unforeseen(error, f"{faults.STAGES[progress.stage()]} '{job.name}'", job.span)


def _renew(
    document: Document,
    sources: Mapping[str, Path],
    draft: Draft | None,
    job: _Job,
    issue: Issue,
    problems: list[Problem],
) -> _Done:
    """Rebuild every file whose inputs changed; keep the others. A collection has no `draft`.

    A sheet that does not fit keeps no other file back, but no page offers an earlier one.
    """
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
    from press.design.styles import Styles
    from press.document.identity import describe

    config, request = issue.config, issue.request
    styles = Styles.for_imprint(request.root, issue.imprint)
    needs = Needs(document, config, styles, job.keys.engine, job.keys.digests)
    earlier = stale.Earlier(request, job.earlier.get(issue.name), sources, job.keys.digests)
    wanted = outputs(document, config, request, needs)
    for name, (edition, needed) in wanted.items():
        earlier.is_stale(name, needed, edition)
    task = Task(document, config, request, describe(document), frozenset(earlier.stale))
    task = _with_book(task, styles, needs, earlier)
    found = sheet_problems(document, config, request)
    artifacts = make_files(task, found) if earlier.stale else []
    files = {a.name: manifest.file_entry(a, wanted[a.name][1], "") for a in artifacts}
    failed = earlier.stale - files.keys()  # the files of a sheet that does not fit
    kept, every = earlier.kept(), names(document, config) - failed
    outdated = _outdated(document, issue, needs, earlier)
    others = {n: f for n, f in earlier.others(every).items() if n not in outdated}
    if draft and "html" in (request.formats or config.formats):
        offered = _offered(config, {**others, **kept, **files})
        needed = needs.page(offered)
        if earlier.is_stale(file_of(document.name, "html"), needed):
            page = make_page(document, offered, styles, found)
            artifacts.append(page)
            files[page.name] = manifest.file_entry(page, needed, "")
        kept = earlier.kept()
    copied = copies(document, request, found)
    problems += found + earlier.warnings(kept) + stale.due(document.due, request.today)
    if _stopped(problems, request):
        return _Done(issue, Built(document.name, None, tuple(problems), imprint=issue.name))
    said = [p for p in (*problems, *earlier.warnings(others)) if p.severity != ERROR]
    told = replace(config, editions=tuple(printable(document, config.editions)))
    shas = {name: job.keys.digests[path] for name, path in sources.items()}
    entry = manifest.entry(task, {**kept, **files}, every, told, shas, said)
    entry = _locked(entry, document, draft, job, issue)
    gone = tuple(name for name in sorted(failed) if name in earlier.files)
    reasons, problems = dict(earlier.reasons), list(_told(problems, gone))
    built = Built(
        document.name, entry, tuple(problems), tuple(files), issue.name, reasons, {}, outdated
    )
    return _Done(issue, built, tuple(artifacts), copied, gone)


def _locked(
    entry: ArticleEntry, document: Document, draft: Draft | None, job: _Job, issue: Issue
) -> ArticleEntry:
    """Return an entry with its key; a collection depends on its bibliographies as a whole."""
    if draft is None:
        entry["parts"] = [each.name for each in document.bound]
        return job.keys.locked(issue.name, job.name, entry, (), "")
    entry["bibliography"] = list(plan.bibliographies(document, job.path, job.project, issue))
    return job.keys.locked(issue.name, job.name, entry, draft.cites, draft.cited)


def _offered(config: Config, files: Mapping[str, FileEntry]) -> list[Download]:
    """Return the downloads that a web page offers; they are in the same folder."""
    from press.output.web.offers import downloads

    order = [edition.name for edition in config.editions]
    found = downloads({n: f for n, f in files.items() if f["format"] != "html"}, order)
    return [replace(download, name=base_name(download.name)) for download in found]


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


def _with_book(task: Task, styles: Styles, needs: Needs, earlier: stale.Earlier) -> Task:
    """Return a task with the earlier e-book if it is current, or with its cover if that is."""
    from press.output.pdf.cover import cover_page

    if not task.stale:
        return task
    name = file_of(task.document.name, "epub")
    key = needs.cover(task.document, cover_page(task.document, styles))
    book = earlier.standing(name, needs.book())
    return replace(task, book=book, cover_key=key, cover=earlier.cover(name, key))


def _stopped(problems: Sequence[Problem], request: Request) -> bool:
    stops = (ERROR, WARNING) if request.strict else (ERROR,)
    return any(p.severity in stops and p.code not in OF_ONE_EDITION for p in problems)


def _published(done: _Done, books: _Books) -> Built:
    """Publish the files of one issue of one article."""
    built, name = done.built, done.issue.name
    if built.entry is None:
        return built
    built = replace(built, entry={**built.entry, "found": books.stand[name].found})
    try:
        new = {**done.copies, **{artifact.name: artifact.data for artifact in done.artifacts}}
        ledger = books.ledgers[name]
        manifest.check_linked(ledger.content, built, books.keys.names)
        before = ledger.content["articles"].get(built.name)
        manifest.publish(ledger, built, new, books.keys.engine, books.state, done.gone)
        remove_files(ledger.output, done.gone)
        if books.cache and not done.taken:
            books.cache.keep(done.issue, built, before, new)
    except ProblemsError as error:
        problems = (*built.problems, *error.problems)
        return replace(built, entry=None, made=(), reasons={}, problems=problems)
    return replace(built, trails={a.edition: a.trail for a in done.artifacts if a.trail})


def _list_all(
    issues: Sequence[Issue],
    built: Sequence[Built],
    books: _Books,
    project: Project,
    problems: list[Problem],
) -> None:
    """Update the library of each folder in which it is not up to date.

    If a run ends before this, the manifest shows the next one that the library is out of date.
    """
    for issue in issues:
        new = any(each.entry for each in built if each.imprint == issue.name)
        if new or books.ledgers[issue.name].changed or not books.stand[issue.name].is_listed():
            try:
                _list(issue, books.ledgers[issue.name], project, books.state)
            except ProblemsError as error:  # the handouts stay; the next build lists them
                problems += error.problems


def _list(issue: Issue, ledger: Ledger, project: Project, state: State) -> None:
    """Write the library of a folder if web pages are made and it is out of date."""
    config, folder = issue.config, issue.request.output
    names, content = [*by_name(project.articles, project.root)], ledger.content
    names += [each.name for each in project.collections]
    there = {n: content["articles"][n] for n in names if n in content["articles"]}
    formats = set(config.formats)
    if config.groups:  # articles may have others than the project
        formats = {name for entry in there.values() for name in entry["formats"]}
    if "html" not in (issue.request.formats or formats):
        if "html" not in formats:
            manifest.unlist(ledger, state)
        return
    from press.build.inputs import listing_digest, shelf
    from press.design.styles import Styles
    from press.output.web.catalog import write_feed, write_list
    from press.output.web.library import covers_of, small_covers, write_library
    from press.output.web.shelf import Shelf

    styles = Styles.for_imprint(project.root, issue.imprint)
    clinic = issue.imprint.clinic.get("name", "") if issue.imprint else ""
    entries = shelved({**content, "articles": there}, drafts=issue.request.drafts)
    if not there and not entries:
        return
    said = listing_digest(entries)
    key = shelf(said, styles, (config.lang, clinic, config.address), state)
    known = content.get("library")
    if known and known["key"] == key and stale.whole_library(folder, known, state):
        return
    covers, new = small_covers(folder, entries, manifest.covers(ledger, state))
    addresses = covers_of(entries, covers)
    handouts = Shelf(folder, entries, config.lang, clinic, issue.name, config.address)
    data = write_library(handouts, styles, addresses)
    beside = {FEED: write_feed(handouts, addresses), CATALOG: write_list(handouts)}
    replace_files(folder, {**new, **beside, INDEX: data})
    library: LibraryEntry = {
        "sha256": digest(data),
        "key": key,
        "of": said,
        "beside": {name: digest(each) for name, each in beside.items()},
        "covers": covers,
    }
    manifest.list_library(ledger, library, state)


def _preview(outcome: Outcome, request: Request) -> None:
    """Write page pictures of every PDF that was asked for and published."""
    from press.build.preview import write_previews

    for built in outcome.built:
        folder, files = request.output / built.imprint, built.entry["files"] if built.entry else ()
        write_previews(folder, [folder / name for name in files])
