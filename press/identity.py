"""Who stands for a text, its dates, and the hash that tells one state of it from another.

In: front matter and a Document. Out: finished lines, the content hash, the dates that fall due.
The clock is never read here. This module must not know any renderer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from press.labels import spell_date
from press.model import Data, Document, Due, Manuscript, Matter, Placement
from press.problems import Span


def content_hash(document: Document) -> str:
    """The first 8 hexadecimal digits of the SHA-256 of all that a reader is given to read."""
    references = [r.xhtml + r.evidence for r in document.references]
    images = [(i.name, hashlib.sha256(i.data).hexdigest()) for i in document.images]
    matter = {k: v for k, v in vars(document.matter).items() if k != "lines"}
    content = {
        "matter": matter,
        "parts": [vars(part) for part in document.parts],
        "short": document.short,
        "facts": document.facts,
        "address": document.address,
        "references": references,
        "images": images,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=_plain_value)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _plain_value(value: Any) -> Any:
    return vars(value) if hasattr(value, "__dict__") else str(value)


def facts(matter: Matter, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Who stands for the text, and dates: what the title block says below the title."""
    said = []
    if matter.authors:
        said.append(f"{labels['by']} {', '.join(person.name for person in matter.authors)}")
    said.append(_reviewed_line(matter, labels))
    said.extend(_date_lines(matter, labels))
    return tuple(said)


def modified(matter: Matter, epoch: datetime | None) -> str:
    """The newest of the article's dates; the clock is never read."""
    days = [day for day in (matter.date, matter.reviewed, matter.sources_checked) if day]
    if days:
        return f"{max(days).isoformat()}T00:00:00Z"
    return (epoch or datetime(1980, 1, 1, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _reviewed_line(matter: Matter, labels: Mapping[str, str]) -> str:
    """`Not yet reviewed by a clinician`, or who reviewed and when."""
    if not matter.reviewer or matter.reviewer.lower() == "none":
        return labels["not-reviewed"]
    day = f", {spell_date(matter.reviewed, matter.lang)}" if matter.reviewed else ""
    return f"{labels['reviewed-by']} {matter.reviewer}{day}"


def _date_lines(matter: Matter, labels: Mapping[str, str]) -> list[str]:
    days = (("checked", matter.sources_checked), ("published", matter.date))
    known = [f"{labels[label]} {spell_date(day, matter.lang)}" for label, day in days if day]
    return known[:1]


def stamp(matter: Matter, labels: Mapping[str, str], digest: str) -> str:
    """The line that identifies a loose sheet: date, identifier, version, hash."""
    pieces = []
    if matter.reviewed:
        pieces.append(f"{labels['reviewed']} {spell_date(matter.reviewed, matter.lang)}")
    else:
        pieces.extend(_date_lines(matter, labels))
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
    """What will want a fresh look, and when; compared with the clock by whoever has one."""
    matter, file = manuscript.matter, manuscript.file
    found = []
    if matter.next_review:
        span = Span(file, matter.lines.get("next-review", 1), 1)
        message = f"the next review was due on {matter.next_review}"
        found.append(Due(matter.next_review, "DUE001", span, message, "review it, set new dates"))
    if matter.reviewed and "reviewed" in max_age:
        span = Span(file, matter.lines.get("reviewed", 1), 1)
        message = f"last reviewed on {matter.reviewed}, over {max_age['reviewed']} days ago"
        day = _later(matter.reviewed, max_age["reviewed"])
        found.append(Due(day, "DUE001", span, message, "have it reviewed again"))
    if "verified" in max_age:
        notices = {placement.notice.file: placement.notice for placement in placements}
        dated = [(f, n.verified, n.lines.get("verified", 1)) for f, n in notices.items()]
        dated += [(table.file, table.verified, table.line) for table in data]
        for name, verified, line in sorted(dated, key=lambda item: item[0]):
            if verified:
                message = f"verified on {verified}, over {max_age['verified']} days ago"
                hint = "check every line by telephone, then set the date"
                day = _later(verified, max_age["verified"])
                found.append(Due(day, "DUE002", Span(name, line, 1), message, hint))
    return tuple(found)


def _later(day: date, days: int) -> date:
    """A day so many days later, or the last day of the calendar."""
    return day + timedelta(days=min(days, (date.max - day).days))
