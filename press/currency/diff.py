"""The comparison of an earlier sheet with today's sources: is it current, and what has changed?

In: a file of an earlier build, or the line printed on a sheet, and today's Documents. Out: lines
for a clinician, the most important first. Nothing is laid out. This module must not know how
Documents are made.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from press.core.manifest import manifests, read_manifest, reasons, recalled
from press.core.model import Document, Matter
from press.core.problems import Problem, ProblemsError, Refused, counted
from press.core.records import dataclass
from press.currency.changes import changes, printable, unchanged
from press.currency.snapshots import Snapshot, from_identity, read_file
from press.document import identity

_HASH = re.compile(r"(?<![\w-])[0-9a-f]{8}(?![\w-])")
_OTHER = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z]{2})[A-Z][A-Z0-9-]{2,}(?![\w-])")
"""A word that looks like an identifier: nothing else on a sheet is in capitals."""
_DASHES = re.compile("[\u2010-\u2015\u2212]")


class UnknownSheet(Refused):
    """The file or text given identifies no article, or no state of one."""


@dataclass(frozen=True)
class _Answer:
    """The lines for one article, and whether its sheet is current."""

    lines: list[str]
    current: bool


@dataclass(frozen=True)
class Today:
    """Today's sources; each article is assembled when it is first needed."""

    names: Sequence[str]
    """Names of the articles."""
    imprints: Sequence[str]
    assembled: Callable[[str, str], Document]
    """Maps article and imprint (empty: none) to the Document; ProblemsError if it has errors."""
    withdrawn: Mapping[str, Matter] = field(default_factory=dict)
    """Maps the name of each withdrawn article to its front matter."""
    _snapshots: dict[tuple[str, str], Snapshot] = field(default_factory=dict)

    def snapshot(self, name: str, imprint: str = "") -> Snapshot:
        """Return an article as it would be printed today."""
        key = name, imprint
        if key not in self._snapshots:
            document = self.assembled(name, imprint)
            self._snapshots[key] = from_identity(identity.describe(document))
        return self._snapshots[key]

    def snapshots(
        self, names: Iterable[str], failed: list[Problem], imprints: Iterable[str] = ()
    ) -> Iterator[Snapshot]:
        """Yield these articles, in every issue unless imprints are given; collect problems."""
        names = list(names)
        for imprint in imprints or ("", *self.imprints):
            for name in names:
                try:
                    yield self.snapshot(name, imprint)
                except ProblemsError as error:
                    failed += [p for p in error.problems if p not in failed]


def compare(old: str, sources: Today, output: Path) -> list[str]:
    """Compare an earlier state with today's sources.

    Args:
        old: A PDF, an EPUB, a manifest.json, or the line printed on a sheet.
        sources: Today's articles, as `compose.read_sources` gives them.
        output: The output folder; its manifests may have a hash that is printed on a sheet.

    Returns:
        Lines of which the first begins with `current:`, `out of date:`, or `withdrawn:`.

    Raises:
        UnknownSheet: `old` identifies no article of this project, or no state of one.
        ProblemsError: the file cannot be read (DIF001), or the sources have errors.
    """
    found = read_file(Path(old)) if os.path.exists(old) else old  # noqa: PTH110 - Path's may fail
    if gone := _withdrawn(found, sources, output):
        return gone
    if isinstance(found, str):
        return _unless_recalled(found, output, lambda: _by_text(found, sources, output)).lines
    if len(found) == 1:
        return _sheet(found[0], sources, output).lines
    return _all(found, sources, output)


def _sheet(old: Snapshot, sources: Today, output: Path) -> _Answer:
    line = f"{old.identifier} {old.hash}"
    return _unless_recalled(line, output, lambda: _by_snapshot(old, sources))


def _unless_recalled(line: str, output: Path, answer: Callable[[], _Answer]) -> _Answer:
    """Return the answer; if the sheet is not current, first see if its code was withdrawn once."""
    try:
        found = answer()
    except (UnknownSheet, ProblemsError):
        if said := _recalled(line, output):
            return said
        raise
    return found if found.current else _recalled(line, output) or found


def _recalled(line: str, output: Path) -> _Answer | None:
    """Return the answer for a code that a manifest has for a withdrawn work.

    As in any printed line, the identifier of another work counts more than the code.
    """
    codes = set(_HASH.findall(_folded(line)))
    others = [_folded(word) for word in _OTHER.findall(_DASHES.sub("-", line))]
    records = (e for path in manifests(output) for e in recalled(read_manifest(path.parent)))
    for entry in records if codes else ():
        own = all(word in _folded(entry["identifier"]) for word in others)
        if own and not codes.isdisjoint(entry["hashes"]):
            called = entry["identifier"] or entry["name"]
            return _Answer([_do_not_use(entry["title"], called, entry["because"])], current=False)
    return None


def _do_not_use(title: str, called: str, because: str) -> str:
    reason = f": {printable(because)}" if because else ""
    return f"withdrawn: do not use {printable(title)} ({printable(called)}){reason}"


def _withdrawn(found: str | Sequence[Snapshot], sources: Today, output: Path) -> list[str]:
    """Return the answer for a sheet that is withdrawn, or has a part that is; nothing otherwise."""
    if not sources.withdrawn or (not isinstance(found, str) and len(found) != 1):
        return []
    old = _withdrawn_line(found, sources, output) if isinstance(found, str) else found[0]
    return _gone(old, sources) if old else []


def _gone(old: Snapshot, sources: Today) -> list[str]:
    gone = {word: n for n, m in sources.withdrawn.items() for word in (n, m.identifier) if word}
    if name := gone.get(old.identifier or old.name):
        matter = sources.withdrawn[name]
        title, because = matter.title, matter.withdrawn_because
        called = matter.identifier or name
    else:
        parts = [sources.withdrawn[gone[part]] for part in old.parts if part in gone]
        title, called = old.title, old.identifier or old.name
        because = reasons((part.title, part.withdrawn_because) for part in parts)
    return [_do_not_use(title, called, because)] if because else []


def _withdrawn_line(text: str, sources: Today, output: Path) -> Snapshot | None:
    """Return the withdrawn work that a printed line may identify.

    A line without an identifier has only the code, which the manifests of earlier builds have.
    """
    gone, text = sources.withdrawn, _folded(text)
    issued = [Snapshot("", name=n, identifier=matter.identifier) for n, matter in gone.items()]
    name, _ = _identified(text, issued)
    codes = set(_HASH.findall(text))
    if name or not codes:
        return next((each for each in issued if each.name == name), None)
    for folder in (path.parent for path in manifests(output)):
        for name, entry in read_manifest(folder).get("withdrawn", {}).items():
            if name in gone and not codes.isdisjoint(entry["hashes"]):
                return Snapshot("", name=name)
    return next((each for each in _built(output) if _printed(each, list(codes))), None)


def _all(found: Sequence[Snapshot], sources: Today, output: Path) -> list[str]:
    """Return a summary line, and after it a block for each article."""
    blocks: list[_Answer] = []
    unknown: list[UnknownSheet] = []
    failed: list[Problem] = []
    for snapshot in found:
        if gone := _gone(snapshot, sources):
            blocks.append(_Answer(gone, current=False))
            continue
        try:
            blocks.append(_sheet(snapshot, sources, output))
        except UnknownSheet as error:
            unknown.append(error)
            blocks.append(_Answer([f"out of date: {_called(snapshot)}: {error}"], current=False))
        except ProblemsError as error:
            failed += [p for p in error.problems if p not in failed]
    if len(unknown) == len(found):
        raise unknown[0]
    if failed:
        raise ProblemsError(failed)
    stale = sum(not block.current for block in blocks)
    head = f"out of date: {stale} of {counted(len(blocks), 'article')}"
    summary = head if stale else f"current: all {counted(len(blocks), 'article')}"
    return [summary, *(line for block in blocks for line in ("", *block.lines))]


def _by_snapshot(old: Snapshot, sources: Today) -> _Answer:
    failed: list[Problem] = []
    name = old.name if old.name in sources.names else ""
    if not name and old.identifier:  # the file may have another name today
        plain = list(sources.snapshots(sources.names, failed, [""]))
        name = next((s.name for s in plain if s.identifier == old.identifier), "")
    if not name:
        if failed:
            raise ProblemsError(failed)
        message = f"there is no article '{printable(old.name)}' in this project"
        raise UnknownSheet(message, "choose another project with --project DIR")
    if old.imprint is None:
        return _against(old, list(sources.snapshots([name], failed)), failed)
    if old.imprint and old.imprint not in sources.imprints:
        message = f"there is no imprint '{printable(old.imprint)}' in this project"
        raise UnknownSheet(message, "restore its file in source/imprints/")
    return _against(old, [sources.snapshot(name, old.imprint)], failed)


def _against(old: Snapshot, today: Sequence[Snapshot], failed: Sequence[Problem]) -> _Answer:
    """Compare one article: it is current if any of its issues has the hash.

    What an earlier version printed has a hash of the markup, of an earlier kind.
    """
    same = next((s for s in today if s.hash == old.hash), None)
    same = same or next((s for s in today if s.earlier == old.hash or unchanged(old, s)), None)
    if same:
        lines = [f"current: {_called(same)}"]
        if same.hash != old.hash:
            lines.append(f"  the printed code {printable(old.hash)} is of an earlier kind")
        return _Answer(lines, current=True)
    if failed:
        raise ProblemsError(failed)
    new = next((snapshot for snapshot in today if snapshot.imprint == old.imprint), today[0])
    printed, now = printable(old.hash), new.hash
    head = f"out of date: {_called(new, now=False)}: printed code {printed}, current code {now}"
    if old.detailed:
        return _Answer([head, *(f"  {line}" for line in changes(old, new))], current=False)
    message = "the code alone does not show what changed"
    hint = f"  {message}: give the PDF of the sheet, or the manifest.json of its build"
    return _Answer([head, hint], current=False)


def _called(snapshot: Snapshot, *, now: bool = True) -> str:
    """Return the title, and in parentheses what is printed on the sheet."""
    version = f"version {snapshot.version}" if snapshot.version else ""
    pieces = (snapshot.identifier or snapshot.name, version, snapshot.hash if now else "")
    by = f", imprint {snapshot.imprint}" if snapshot.imprint else ""
    return f"{printable(snapshot.title)} ({printable(' · '.join(filter(None, pieces)) + by)})"


def _by_text(text: str, sources: Today, output: Path) -> _Answer:
    """Compare a printed line: an identifier and a hash in any order, among other words."""
    failed: list[Problem] = []
    issued = list(sources.snapshots(sources.names, failed, [""]))
    name, rest = _identified(_folded(text), issued)
    hashes = _HASH.findall(rest)
    failed = [] if name else failed  # errors of other articles do not matter then
    if not hashes:
        raise _no_hash(text, next((s for s in issued if s.name == name), None), issued, failed)
    if not name and not failed and (other := _OTHER.search(text)):
        message = f"no article in this project has the identifier '{printable(other[0])}'"
        raise UnknownSheet(message, _known(issued))
    names = [name] if name else sources.names
    for snapshot in sources.snapshots(names, failed):
        if found := _printed(snapshot, hashes):
            return _against(replace(snapshot, hash=found), [snapshot], failed)
    known = {word for s in issued for word in (s.name, s.identifier) if not name or name == s.name}
    for snapshot in _built(output):
        if _printed(snapshot, hashes) and known & {snapshot.name, snapshot.identifier} - {""}:
            return _by_snapshot(snapshot, sources)
    if failed:
        raise ProblemsError(failed)
    if not name:
        message = f"no article in this project has the code '{hashes[0]}', now or in its last build"
        raise UnknownSheet(message, _known(issued))
    return _against(Snapshot(hashes[-1]), list(sources.snapshots([name], failed)), failed)


def _printed(snapshot: Snapshot, hashes: Sequence[str]) -> str:
    """Return the one of these hashes that a sheet of this state has; empty without one."""
    return next((h for h in (snapshot.hash, snapshot.earlier) if h in hashes), "")


def _folded(text: str) -> str:
    return " ".join(_DASHES.sub("-", text).casefold().split())


def _identified(text: str, issued: Sequence[Snapshot]) -> tuple[str, str]:
    """Return the article whose identifier, else name, is in a text; and the text without it."""
    best, name, rest = (False, 0), "", text
    for snapshot in issued:
        for word in filter(None, (_folded(snapshot.identifier), _folded(snapshot.name))):
            left = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", " ", text)
            rank = word == _folded(snapshot.identifier), len(word)
            if left != text and rank > best:
                best, name, rest = rank, snapshot.name, left
    return name, rest


def _no_hash(
    text: str, snapshot: Snapshot | None, issued: Sequence[Snapshot], failed: Sequence[Problem]
) -> Exception:
    if snapshot:
        message = f"'{printable(text)}' identifies a handout but lacks the sheet's code"
        code = snapshot.hash
        hint = f"add the 8 digits and letters at the end of the line; the current code is {code}"
        return UnknownSheet(message, hint)
    if failed:
        return ProblemsError(failed)
    message = f"'{printable(text)}' is neither a file nor the identifier and code of a sheet"
    return UnknownSheet(message, _known(issued))


def _known(issued: Sequence[Snapshot]) -> str:
    names = ", ".join(printable(snapshot.identifier or snapshot.name) for snapshot in issued)
    return f"use an identifier of this project: {names}" if names else "choose another project"


def _built(output: Path) -> Iterator[Snapshot]:
    """Yield the Snapshots in the manifests of an output folder and of its imprints' folders."""
    for path in manifests(output):
        try:
            snapshots = read_file(path)
        except ProblemsError:
            continue
        yield from () if isinstance(snapshots, str) else snapshots
