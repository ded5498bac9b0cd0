"""The handouts of a packet: only what is published, current, and unchanged.

In: a Request. Out: each handout with its finished PDF, or a problem for each that must not be given
to a patient. This module must not know what is done with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from press.build.plan import check_names
from press.catalog.entries import Entry, read_entries
from press.catalog.record import refusal
from press.core.files import IDENTITY, article_name
from press.core.hashing import digest
from press.core.manifest import ArticleEntry, FileEntry
from press.core.model import Edition, Enclosed, Request
from press.core.problems import Problem, ProblemsError, UnknownName
from press.core.system import command, quoted
from press.readback.pdf import attachments
from press.source.project import read_project

_CODE = "PKT001"


def chosen(request: Request) -> tuple[tuple[Enclosed, ...], Edition]:
    """Return the handouts that a request names, each once, and the edition that they are in.

    `request.output` is the folder of their files. Without an edition, it is the first of each.

    Raises:
        UnknownName: there is no such article or edition, or no article is named.
        ProblemsError: a handout is a draft, withdrawn, not built, out of date, or a booklet, or its
            PDF was changed (PKT001).
    """
    rows = {entry.name: entry for entry in read_entries(request.root, request.output, [])}
    check_names(request.articles, request.editions, set(rows), _editions(request, rows.values()))
    names = list(dict.fromkeys(article_name(name, rows) for name in request.articles))
    if not names:
        raise UnknownName("article", "", "write an article, and build it")
    problems: list[Problem] = []
    found: list[tuple[Enclosed, Edition]] = []
    for name in names:
        try:
            found.append(_enclosed(rows[name], request))
        except ProblemsError as error:
            problems += error.problems
    for handout, edition in found[1:]:
        first, form = found[0]
        if edition != form:
            message = (
                f"'{handout.name}' is in the edition '{edition.name}' on {edition.page} paper, "
                f"but '{first.name}' is in '{form.name}' on {form.page} paper"
            )
            hint = "choose one that all have on the same paper with --edition, or add one to them"
            problems.append(Problem(_CODE, rows[handout.name].place, message, hint))
    if problems:
        raise ProblemsError(problems)
    return tuple(handout for handout, _ in found), found[0][1]


def _editions(request: Request, rows: Iterable[Entry]) -> set[str]:
    """Return the names of all editions of a project, and of those that were built."""
    config = read_project(request.root, []).config
    built = {name for row in rows if row.built for name in row.built["editions"]}
    return {*config.known_editions, *(edition.name for edition in config.editions), *built}


def _enclosed(row: Entry, request: Request) -> tuple[Enclosed, Edition]:
    """Return a handout with its PDF, which is as it was published.

    Raises:
        ProblemsError: it must not be given to a patient (PKT001).
    """
    options = [f"--edition {name}" for name in request.editions]
    options += [f"--imprint {name}" for name in request.imprints]
    build = command(quoted(row.name), *options)
    hint = f"run {build}, and make the packet again"
    if row.state != "current" or row.built is None:
        raise ProblemsError([refusal(row, _CODE, hint)])
    built = row.built
    wanted = next(iter(request.editions), next(iter(built["editions"]), ""))
    file, facts = _file(built, wanted)
    if facts is None:
        pdf = f"run {build} --format pdf, and make the packet again"
        if wanted not in built["editions"]:
            own = ", ".join(built["editions"])
            pdf = f"choose one that it has with --edition: {own}; or add it in makebook.toml"
        raise _refused(row, f"is not built in the edition '{wanted}'", pdf)
    if facts["kind"] == "booklet":
        message = f"is a booklet in the edition '{wanted}', which is folded by itself"
        raise _refused(row, message, "choose another edition with --edition")
    again = f"run {build} --force, and make the packet again"
    try:
        data = (request.output / file).read_bytes()
    except OSError:
        data = b""
    if digest(data) != facts["sha256"]:
        raise _refused(row, f"is not as it was published: {file} was changed", again)
    identity = attachments(data).get(IDENTITY, b"")
    if facts.get("outdated") or _hash(identity) != built["hash"]:
        raise _refused(row, f"is out of date: {file} is of an earlier text", hint)
    handout = Enclosed(
        row.name, built["title"], built["lang"], built["stamp"], facts["pages"], data, identity
    )
    standard = facts.get("standard") or "a-3a+ua-1"
    return handout, Edition(wanted, facts["kind"] or "standard", facts["page"], standard=standard)


def _file(built: ArticleEntry, edition: str) -> tuple[str, FileEntry | None]:
    """Return the PDF of an edition, without one that has only its references."""
    for name, facts in built["files"].items():
        if facts["format"] == "pdf" and facts["edition"] == edition and not facts["part"]:
            return name, facts
    return "", None


def _hash(identity: bytes) -> str:
    """Return the hash that a PDF's record has; empty for a damaged record."""
    try:
        return str(json.loads(identity)["hash"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""


def _refused(row: Entry, message: str, hint: str) -> ProblemsError:
    return ProblemsError([Problem(_CODE, row.place, f"'{row.name}' {message}", hint)])
