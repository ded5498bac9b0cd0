"""The whole story: from a project's folder to published files.

In: a `Request`. Out: an `Outcome`; nothing is printed. Heavy libraries are imported only when
there is something to make. This module knows every stage, and no stage knows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from press.build import record
from press.build.publish import publish, read_manifest, replace_files, write_manifest
from press.core import parallel, progress
from press.core.files import article_name
from press.core.hashing import digest
from press.core.model import Artifact, Built, Config, Project, Request
from press.core.problems import ERROR, Problem, ProblemsError, Span, UnknownName

if TYPE_CHECKING:
    from press.core.model import Document, Imprint, Notice
    from press.document.compose import Draft


@dataclass(frozen=True)
class Outcome:
    """What a run did."""

    built: tuple[Built, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether an error stands in the way of anything asked for."""
        every = [*self.problems, *(p for b in self.built for p in b.problems)]
        return any(p.severity == ERROR for p in every) or any(not b.entry for b in self.built)


@dataclass(frozen=True)
class _Issue:
    """One set of outputs: of an imprint, or without one."""

    request: Request
    """With the folder of this issue as its output."""
    name: str = ""
    imprint: Imprint | None = None
    found: tuple[Problem, ...] = ()
    """Of the imprint's own file. An error among them: nothing is made for it."""


@dataclass(frozen=True)
class _Job:
    """One article to make, in every issue asked for."""

    path: Path
    project: Project
    notices: tuple[Notice, ...]
    issues: tuple[_Issue, ...]
    key: str
    engine: Mapping[str, str]
    found: tuple[Problem, ...]
    """Of the project itself. An error among them: the article is only read, so that all is said."""


def build(request: Request) -> Outcome:
    """Build what is asked for, prove it, publish it.

    Raises:
        ProblemsError: makebook.toml is missing or no TOML, or the machine stands in the way.
        UnknownName: the request names an article, edition or imprint that does not exist.
    """
    from press.source.project import read_project

    engine = record.versions()
    key = record.key(request.root, engine)
    every = _wanted(request)
    stands = {n: () if request.force else record.unchanged(r, n, key) for n, r in every.items()}
    standing = [built for found in stands.values() for built in found]
    known = {edition for built in standing for edition in built.entry["editions"]}
    wanted = {name: asked for name, asked in every.items() if not stands[name]}
    if not wanted and known.issuperset(request.editions):
        return _previewed(Outcome(tuple(standing), _left(every)), request)
    problems: list[Problem] = []
    project = read_project(request.root, problems)
    issues = _issues(wanted, project)
    paths = _chosen(request, project, issues, known, problems)
    from press.design.styles import Styles
    from press.source.notices import read_notices

    notices = read_notices(project, problems)
    Styles(request.root).check(problems)
    problems += [*_clashes(project, issues), *_twins(project)]
    jobs = [_Job(path, project, notices, issues, key, engine, tuple(problems)) for path in paths]
    built = [_published(done, project, engine) for done in _run(jobs, request.jobs)]
    problems += _list_all(issues, built, project)
    return _previewed(Outcome((*standing, *built), (*problems, *_left(every))), request)


def _left(every: Mapping[str, Request]) -> tuple[Problem, ...]:
    """What an earlier state of the project left in the folders that were asked for."""
    found = []
    for name, asked in every.items():
        folder = f"{asked.output.parent.name}/{name}" if name else asked.output.name
        found += record.left(asked.output, folder)
    return tuple(found)


def _published(done: _Done, project: Project, engine: Mapping[str, str]) -> Built:
    """Publish the files of one issue of one article, and say so in the manifest."""
    built, output = done.built, done.issue.request.output
    if not built.entry:
        return built
    try:
        publish(output, done.artifacts)
        record.remember(output, [built], project, engine)
    except ProblemsError as error:
        problems = (*built.problems, *error.problems)
        return replace(built, entry={}, made=(), reasons={}, problems=problems)
    return replace(built, trails={a.edition: a.trail for a in done.artifacts if a.trail})


def _list_all(
    issues: Sequence[_Issue], built: Sequence[Built], project: Project
) -> Iterator[Problem]:
    """List the handouts of each folder in which this run published any; give what went wrong.

    If a run ends before this, the manifest tells the next one that the library is out of date.
    """
    for issue in issues:
        if any(each.entry for each in built if each.imprint == issue.name):
            try:
                _list(issue, project)
            except ProblemsError as error:  # the handouts stay; the next build lists them
                yield from error.problems


def _list(issue: _Issue, project: Project) -> None:
    """Write the library of a folder if web pages are made and it is out of date."""
    config, folder = _config(project, issue), issue.request.output
    if "html" not in (issue.request.formats or config.formats):
        if "html" not in config.formats:
            record.unlist(folder)
        return
    from press.build.inputs import listing_digest, shelf
    from press.design.styles import Styles
    from press.output.web.library import write_library

    imprint = issue.imprint
    styles = Styles.for_imprint(project.root, imprint)
    clinic = imprint.clinic.get("name", "") if imprint else ""
    manifest = read_manifest(folder)
    key = shelf(manifest["articles"], styles, (config.lang, clinic))
    known = manifest.get("library", {})
    if known.get("key") == key and record.intact(folder, record.INDEX, known):
        return
    data = write_library(folder, manifest["articles"], styles, config.lang, clinic)
    library = {"sha256": digest(data), "key": key, "of": listing_digest(manifest["articles"])}
    replace_files(folder, {record.INDEX: data})
    manifest.get("left", {}).pop(record.INDEX, None)
    write_manifest(folder, {**manifest, "library": library})


def _previewed(outcome: Outcome, request: Request) -> Outcome:
    """The same, with pictures of every PDF asked for where the request wants them."""
    if request.preview:
        from press.build.preview import write_previews

        for built in outcome.built:
            folder = request.output / built.imprint
            write_previews(folder, [folder / name for name in built.entry.get("files", {})])
    return outcome


def _wanted(request: Request) -> dict[str, Request]:
    """For each imprint asked for (an empty name: without one), the request with its folder."""
    from press.core.nearest import nearest
    from press.source.project import imprint_files

    known = {path.stem for path in imprint_files(request.root)}
    for name in request.imprints:
        if name != "all" and name not in known:
            hint = nearest(name, known) if known else "write source/imprints/NAME.toml"
            raise UnknownName("imprint", name, hint)
    if "all" in request.imprints and not known:
        raise UnknownName("imprint", "", "write source/imprints/NAME.toml")
    names = sorted(known) if "all" in request.imprints else dict.fromkeys(request.imprints)
    wanted = {name: replace(request, output=request.output / name) for name in names}
    return wanted or {"": request}


def _issues(wanted: Mapping[str, Request], project: Project) -> tuple[_Issue, ...]:
    from press.source.imprints import read_imprint

    issues = []
    for name, asked in wanted.items():
        found: list[Problem] = []
        imprint = read_imprint(name, project, found) if name else None
        issues.append(_Issue(asked, name, imprint, tuple(found)))
    return tuple(issues)


def _run(jobs: Sequence[_Job], at_once: int) -> Iterator[_Done]:
    """Make everything; what is made is published before the next is waited for."""
    single = [replace(job, issues=(issue,)) for job in jobs for issue in job.issues]
    if at_once < 2 or len(single) < 2:
        for job in jobs:
            progress.say(f"{job.path.stem}: reading")
            yield from make_article(job)
        return
    alone = [_alone(job) for job in single]
    progress.say(f"0 of {len(single)} finished")
    with parallel.begun(make_all, alone, at_once) as done:
        for number, several in enumerate(done, 1):
            progress.say(f"{number} of {len(single)} finished")
            yield from several


def _alone(job: _Job) -> _Job:
    """The same job for a process of its own, which starts no others."""
    issues = [replace(i, request=replace(i.request, jobs=1)) for i in job.issues]
    return replace(job, issues=tuple(issues))


@dataclass(frozen=True)
class _Done:
    """What became of one issue of an article: nothing is published yet."""

    issue: _Issue
    built: Built
    artifacts: tuple[Artifact, ...] = ()


def make_all(job: _Job) -> list[_Done]:
    """The same as `make_article`, for another process: all at once."""
    return list(make_article(job))


def make_article(job: _Job) -> Iterator[_Done]:
    """One article, from its file to the finished outputs of every issue."""
    from press.document.compose import read_draft

    problems = list(job.found)
    draft = None
    try:
        draft = read_draft(job.path, job.project, problems)
    except ProblemsError as error:
        problems += error.problems
    for issue in job.issues:
        yield _make_issue(job, issue, draft, problems)


def _make_issue(job: _Job, issue: _Issue, draft: Draft | None, before: Sequence[Problem]) -> _Done:
    """One issue of an article: the story on one screen."""
    from press.document.compose import compose

    problems = [*before, *issue.found]
    name, request = job.path.stem, issue.request
    failed = Built(name, {}, imprint=issue.name)
    try:
        unread = issue.name and issue.imprint is None
        if draft is None or unread or _stopped(issue.found, request):
            return _Done(issue, replace(failed, problems=tuple(problems)))
        document = compose(draft, job.project, job.notices, issue.imprint, problems)
        if _stopped(problems, request):
            problems += record.due(document.due, request.today)
            return _Done(issue, replace(failed, problems=tuple(problems)))
        return _renew(document, job, issue, problems)
    except ProblemsError as error:
        return _Done(issue, replace(failed, problems=(*problems, *error.problems)))


def _renew(document: Document, job: _Job, issue: _Issue, problems: list[Problem]) -> _Done:
    """Make every file anew that what it depends on asks for; leave the others."""
    from press.build.inputs import Needs
    from press.build.make import Plan, make_files, make_page, names, outputs
    from press.design.styles import Styles

    config, request = _config(job.project, issue), issue.request
    styles = Styles.for_imprint(request.root, issue.imprint)
    needs = Needs(document, config, styles, job.engine)
    earlier = record.Earlier(request, document.name, _sources(document, job, issue))
    wanted = outputs(document, config, request, needs)
    for name, (edition, needed) in wanted.items():
        earlier.judge(name, needed, edition)
    book = earlier.standing(f"{document.name}.epub", needs.book())
    plan = Plan(document, config, request, frozenset(earlier.stale), book)
    found: list[Problem] = []
    artifacts = make_files(plan, found) if earlier.stale else []
    files = {a.name: record.facts(a, wanted[a.name][1], job.key) for a in artifacts}
    kept, every = earlier.kept(job.key), names(document, config)
    others = earlier.others(every)
    if "html" in (request.formats or config.formats):
        order = [edition.name for edition in config.editions]
        downloads = record.downloads({**others, **kept, **files}, order)
        needed = needs.page(downloads)
        if earlier.judge(f"{document.name}.html", needed):
            artifacts.append(make_page(document, downloads, styles, found))
            files[artifacts[-1].name] = record.facts(artifacts[-1], needed, job.key)
        kept = earlier.kept(job.key)
    problems += found + earlier.warnings(kept) + record.due(document.due, request.today)
    if _stopped(problems, request):
        return _Done(issue, Built(document.name, {}, tuple(problems), imprint=issue.name))
    said = [*problems, *earlier.warnings(others)]
    entry = record.entry(document, {**kept, **files}, every, config, earlier.sources, said)
    told = tuple(problems)
    made = tuple(artifact.name for artifact in artifacts)
    built = Built(document.name, entry, told, made, issue.name, dict(earlier.reasons))
    return _Done(issue, built, tuple(artifacts))


def _stopped(problems: Sequence[Problem], request: Request) -> bool:
    return any(request.strict or problem.severity == ERROR for problem in problems)


def _config(project: Project, issue: _Issue) -> Config:
    from press.source.project import effective

    return effective(project.config, issue.imprint)


def _chosen(
    request: Request,
    project: Project,
    issues: Sequence[_Issue],
    editions: set[str],
    problems: list[Problem],
) -> list[Path]:
    """The articles to build. A name on the command line that is none is an UnknownName.

    `editions` are those of the issues in which nothing is to be made.
    """
    from press.core.nearest import nearest

    known = {path.stem: path for path in project.articles}
    asked = list(map(article_name, request.articles))
    names = editions | {e.name for i in issues for e in _config(project, i).editions}
    for kind, words, have in (("article", asked, set(known)), ("edition", request.editions, names)):
        for word in words:
            if word not in have:
                raise UnknownName(kind, word, nearest(word, have))
    if not known:
        hint = "write source/NAME.md, beginning with '---', 'title: …', '---'"
        problems.append(Problem("CFG006", Span("source"), "the project has no article", hint))
    return [known[name] for name in asked] or list(known.values())


def _clashes(project: Project, issues: Sequence[_Issue]) -> list[Problem]:
    """Two articles whose files would have one name: `a` in edition `b`, and `a-b`. CFG007."""
    from press.core.files import shown
    from press.document.editions import file_name

    problems = {}
    for issue in issues:
        editions = _config(project, issue).editions
        homes: dict[str, Path] = {}
        for path in project.articles:
            for edition in editions:
                for part in ("", *(("references",) if edition.references == "companion" else ())):
                    name = file_name(path.stem, edition, editions[0], part)
                    if homes.setdefault(name, path) == path:
                        continue
                    span = Span(shown(path, project.root))
                    message = f"its file {name} would also be one of {homes[name].name}"
                    problems[span] = Problem("CFG007", span, message, "rename one of the two")
    return list(problems.values())


def _twins(project: Project) -> list[Problem]:
    """Articles with one identifier, as after a file was copied: whose sheet is it? FRM006."""
    from press.core.files import read_text, shown
    from press.source.front_matter import split

    homes: dict[str, str] = {}
    problems = []
    for path in project.articles:
        file = shown(path, project.root)
        fields, _, _ = split(read_text(path, file, []) or "", file, [])
        found = fields.values.get("identifier")
        if isinstance(found, str) and found and homes.setdefault(found, file) != file:
            span = Span(file, fields.lines["identifier"], 1)
            message = f"the identifier '{found}' is also that of {homes[found]}"
            hint = "give each article one of its own: it tells printed sheets apart"
            problems.append(Problem("FRM006", span, message, hint))
    return problems


def _sources(document: Document, job: _Job, issue: _Issue) -> dict[str, Path]:
    """Every file that an article was made of, by its name in the project."""
    from press.document.compose import beside
    from press.source.imprints import source_paths

    config, folder, root = _config(job.project, issue), job.path.parent, job.project.root
    paths = [job.path, root / "makebook.toml"]
    paths += [*job.project.notice_files, *(root / data.file for data in job.project.data)]
    names = document.matter.bibliography or config.bibliography
    paths += [beside(name, (folder, root)) for name in names]
    style = document.matter.csl or config.csl
    paths += [beside(style, (folder, root))] if style.endswith(".csl") else []
    paths += [path for image in document.images if (path := folder / image.name).is_file()]
    if issue.imprint:
        paths += source_paths(issue.imprint, root)
    return {os.path.relpath(path, root).replace(os.sep, "/"): path for path in paths}
