"""The identity of a text: its authors and reviewer, its dates, and the hash of its content.

In: front matter and a Document. Out: finished lines, the content hash, and due dates.
The clock is never read here. This module must not know any renderer.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from press.core.hashing import digest, json_digest
from press.core.labels import spell_date
from press.core.model import Data, Document, Due, Imprint, Manuscript, Matter, Person, Placement
from press.core.problems import Span, counted
from press.document.digests import Digests, short_hash
from press.document.ranges import as_before
from press.document.words import fold, words_of
from press.references.csl.citations import ref_id

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.org/makebook")
FORMAT = 1
"""The version of the format of `identity.json`."""


def content_hash(document: Document) -> str:
    """Return 8 hexadecimal digits of the SHA-256 of the words; markup and styles do not count.

    Those of a collection are its title and the words of its articles, for which their hashes stand.
    """
    if document.bound:
        return json_digest([fold(document.matter.title), *(b.hash for b in document.bound)])[:8]
    return json_digest(words_of(document))[:8]


def urn(work: str, imprint: str = "") -> str:
    """Return the identifier that all versions of a handout share, as a URN (RFC 9562).

    `work` is the identifier or, without one, the name of the article. Each imprint has another.
    """
    return f"urn:uuid:{uuid.uuid5(_SPACE, f'{work} {imprint}' if imprint else work)}"


def markup_hash(document: Document) -> str:
    """Return the hash that earlier versions printed, which covers markup and formatted references.

    `diff` compares with it what was printed before the hash was one of the words.
    """
    links = {r.number: f"#{ref_id(r.key)}" for r in document.references}
    references = [as_before(r.xhtml, links) + r.evidence for r in document.references]
    parts = [replace(part, xhtml=as_before(part.xhtml, links)) for part in document.parts]
    images = [(i.name, i.original or digest(i.data)) for i in document.images]
    matter = {k: v for k, v in vars(document.matter).items() if k not in _NOT_HASHED}
    content: dict[str, Any] = {
        "matter": matter,
        "parts": [{**vars(p), "place": str(p.place or "")} for p in parts],
        "short": document.short,
        "facts": document.facts,
        "address": document.address,
        "references": references,
        "images": images,
    }
    if document.imprint is not None:
        content["imprint"] = _clinic(document.imprint)
    return json_digest(content, _plain_value)[:8]


_NOT_HASHED = ("origin", "short", "codes", "status", "withdrawn_because")
"""Fields of the front matter that earlier sheets did not know."""
_LATER = ("email", "corresponding", "equal")
"""Fields that earlier sheets did not know: left out if empty, so that their hash stays the same."""


def _plain_value(value: Any) -> Any:
    if not hasattr(value, "__dict__"):
        return str(value)
    return {key: said for key, said in vars(value).items() if said or key not in _LATER}


def _clinic(imprint: Imprint) -> dict[str, Any]:
    """Return what a clinic prints about itself; its colors and editions do not count."""
    logo = imprint.logo
    return {
        "name": imprint.name,
        "clinic": dict(imprint.clinic),
        "contact": imprint.contact,
        "logo": logo and [logo.name, digest(logo.data), imprint.logo_alt],
    }


def describe(document: Document) -> dict[str, Any]:
    """Describe a handout by the titles and hashes of its pieces: `identity.json` in a file.

    A later state of the sources can be compared with it to say what has changed.
    """
    digests, matter = Digests(document), document.matter
    told: dict[str, Any] = {
        "makebook": FORMAT,
        "name": document.name,
        "title": matter.title,
        "identifier": matter.identifier,
        "version": matter.version,
        "hash": document.hash,
        "earlier": markup_hash(document),
        "imprint": document.imprint.name if document.imprint else "",
        "lang": matter.lang,
        "sections": digests.sections,
        "notices": digests.notices,
        "references": digests.references,
        "rest": _rest(document, digests),
    }
    if document.bound:
        names = "name", "title", "identifier", "version", "hash", "date"
        told["parts"] = [{name: getattr(each, name) for name in names} for each in document.bound]
    return told


def _rest(document: Document, digests: Digests) -> dict[str, Any]:
    """Hash everything that is not a section, a notice, or a reference."""
    matter, imprint = document.matter, document.imprint
    logo = imprint.logo if imprint else None
    pictures = [image for image in document.images if image != logo]
    dates = matter.date, matter.reviewed, matter.sources_checked, matter.next_review
    return {
        "title": short_hash(matter.title, matter.subtitle, matter.abstract, matter.audience),
        "facts": short_hash(document.facts, dates, matter.identifier, matter.version),
        "short": short_hash(document.short),
        "clinic": short_hash(_clinic(imprint)) if imprint else "",
        "address": short_hash(document.address),
        "order": short_hash(digests.order),
        "numbers": short_hash(list(digests.references)),
        "pictures": {i.name: short_hash(i.original or i.data.hex()) for i in pictures},
    }


def encode(description: Mapping[str, Any]) -> bytes:
    """Encode a description as readable UTF-8 JSON; equal descriptions give equal bytes."""
    return (json.dumps(description, indent=1, ensure_ascii=False) + "\n").encode(errors="replace")


def facts(matter: Matter, labels: Mapping[str, str], *, brief: bool = False) -> tuple[str, ...]:
    """Return lines for the title block: the authors, the reviewer, and one date.

    In brief, as on a cover, the authors are named without their institutions and addresses.
    """
    people = matter.authors
    said = [", ".join(person.name for person in people)] if brief else _with_institutions(people)
    said = [f"{labels['by']} {said[0]}", *said[1:]] if people else []
    if not brief:
        said.extend(_about_authors(people, labels))
    said.append(_reviewed_line(matter, labels))
    said.extend(_date_lines(matter, labels))
    return tuple(said)


def _with_institutions(people: Sequence[Person]) -> list[str]:
    """Name the authors with their institutions, in one line or several.

    An institution is placed after those who share it. If it would be repeated for others, it gets a
    number and a line of its own instead.
    """
    groups = [(place, ", ".join(person.name for person in group))
              for place, group in groupby(people, lambda person: person.affiliation)]  # fmt: skip
    places = [name for place, _ in groups if place for name in place.split("; ")]
    numbers = {name: str(number) for number, name in enumerate(dict.fromkeys(places), 1)}
    if not places:
        return [", ".join(names for _, names in groups)]
    if len(numbers) == len(places):
        return ["; ".join(f"{names} ({place})" if place else names for place, names in groups)]
    marks = (", ".join(numbers.get(name, "") for name in place.split("; ")) for place, _ in groups)
    line = "; ".join(
        f"{names} ({mark})" if mark else names
        for (_, names), mark in zip(groups, marks, strict=True)
    )
    return [line, *(f"({number}) {name}" for name, number in numbers.items())]


def _about_authors(people: Sequence[Person], labels: Mapping[str, str]) -> Iterator[str]:
    """Yield lines on who did as much as another, whom to write to, and the ORCID iDs."""
    equal = [person.name for person in people if person.equal]
    if len(equal) > 1:
        yield f"{labels['equal']}: {', '.join(equal)}"
    letters = [f"{p.name}, {p.email}" if p.email else p.name for p in people if p.corresponding]
    if letters:
        yield f"{labels['correspondence']}: {'; '.join(letters)}"
    known = [person for person in people if person.orcid]
    if len(known) == len(people) == 1:
        yield f"ORCID {known[0].orcid}"
    elif known:
        yield f"ORCID: {', '.join(f'{person.name} {person.orcid}' for person in known)}"


def is_dated(matter: Matter, epoch: datetime | None) -> bool:
    """Return whether `modified` is a real day, and not the first that an archive can store."""
    return bool(matter.date or matter.reviewed or matter.sources_checked or epoch)


def modified(matter: Matter, epoch: datetime | None) -> str:
    """Return the newest of the article's dates; the clock is never read."""
    days = [day for day in (matter.date, matter.reviewed, matter.sources_checked) if day]
    if days:
        return f"{max(days).isoformat()}T00:00:00Z"
    return (epoch or datetime(1980, 1, 1, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _reviewed_line(matter: Matter, labels: Mapping[str, str]) -> str:
    """Return `Not yet reviewed by a clinician`, or the reviewer and the date."""
    if not matter.reviewer or matter.reviewer.lower() == "none":
        return labels["not-reviewed"]
    day = f", {spell_date(matter.reviewed, matter.lang)}" if matter.reviewed else ""
    return f"{labels['reviewed-by']} {matter.reviewer}{day}"


def _date_lines(matter: Matter, labels: Mapping[str, str]) -> list[str]:
    days = (("checked", matter.sources_checked), ("published", matter.date))
    known = [f"{labels[label]} {spell_date(day, matter.lang)}" for label, day in days if day]
    return known[:1]


def stamp(matter: Matter, labels: Mapping[str, str], digest: str, known: Sequence[str] = ()) -> str:
    """Return the line that identifies a loose sheet: date, identifier, version, hash.

    The date is left out if one of the lines `known`, which stand above this one, has it.
    """
    pieces: list[str] = []
    day = matter.reviewed or matter.sources_checked or matter.date
    if not (day and any(spell_date(day, matter.lang) in line for line in known)):
        reviewed = matter.reviewed and spell_date(matter.reviewed, matter.lang)
        pieces += [f"{labels['reviewed']} {reviewed}"] if reviewed else _date_lines(matter, labels)
    if matter.identifier:
        pieces.append(matter.identifier)
    if matter.version:
        pieces.append(f"{labels['version']} {matter.version}")
    return " · ".join([*pieces, digest])


def dues(
    manuscript: Manuscript,
    placements: Sequence[Placement],
    data: Sequence[Data],
    max_age: Mapping[str, int],
) -> tuple[Due, ...]:
    """List what must be reviewed or verified, and when; the caller compares it with the clock."""
    matter, file = manuscript.matter, manuscript.file
    found = []
    if matter.next_review:
        span = matter.origin.spans.get("next-review") or Span(file, 1, 1)
        message = f"the next review was due on {matter.next_review}"
        hint = "have it reviewed, then update the dates"
        found.append(Due(matter.next_review, "DUE001", span, message, hint))
    if matter.reviewed and "reviewed" in max_age:
        span = matter.origin.spans.get("reviewed") or Span(file, 1, 1)
        message = (
            f"last reviewed on {matter.reviewed}, more than "
            f"{counted(max_age['reviewed'], 'day')} ago"
        )
        day = _later(matter.reviewed, max_age["reviewed"])
        found.append(Due(day, "DUE001", span, message, "have it reviewed again"))
    if "verified" in max_age:
        notices = {placement.notice.file: placement.notice for placement in placements}
        dated = [(f, n.verified, n.lines.get("verified", 1)) for f, n in notices.items()]
        dated += [(table.file, table.verified, table.line) for table in data]
        for name, verified, line in sorted(dated, key=lambda item: item[0]):
            if verified:
                age = counted(max_age["verified"], "day")
                message = f"last verified on {verified}, more than {age} ago"
                hint = "check each text and number with its official source, then update the date"
                day = _later(verified, max_age["verified"])
                found.append(Due(day, "DUE002", Span(name, line, 1), message, hint))
    return tuple(found)


def _later(day: date, days: int) -> date:
    """Return the day `days` days later, or the last day of the calendar if that is earlier."""
    return day + timedelta(days=min(days, (date.max - day).days))
