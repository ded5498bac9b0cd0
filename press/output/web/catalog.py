"""The library for programs: a catalog for reading apps, and a list for portals and record systems.

In: a shelf, and the addresses of covers. Out: the bytes of `opds.json` (OPDS Catalog 2.0,
drafts.opds.io/opds-2.0) and of `library.json`. Links are relative to the file in which they are. It
reads no clock. This module must not know Documents.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from press.core.files import FEED
from press.core.formats import FORMATS
from press.core.manifest import ArticleEntry
from press.document.identity import urn
from press.output.web.shelf import Shelf

FEED_TYPE = "application/opds+json"
_ACQUISITION = "http://opds-spec.org/acquisition/open-access"
_SYSTEMS = {
    # The names of the systems in FHIR R5 (hl7.org/fhir/terminologies-systems.html).
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "snomed": "http://snomed.info/sct",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
}


def write_feed(shelf: Shelf, covers: Mapping[str, str]) -> bytes:
    """Write the catalog: a publication for each handout that has files in the folder.

    `covers` is what `library.covers_of` returned. A withdrawn handout is not in the catalog. The
    address of the catalog is absolute if the library has one.
    """
    handouts = shelf.handouts
    days = [entry["date"] for entry in handouts.values() if entry["date"]]
    metadata: dict[str, Any] = {"title": shelf.title, "numberOfItems": len(handouts)}
    if days:
        metadata["modified"] = _moment(max(days))
    feed = {
        "metadata": metadata,
        "links": [
            {
                "rel": "self",
                "href": f"{shelf.address}/{FEED}" if shelf.address else FEED,
                "type": FEED_TYPE,
            }
        ],
        "publications": [
            _publication(name, entry, shelf, covers.get(name) or covers.get("", ""))
            for name, entry in sorted(handouts.items())
        ],
    }
    return _encoded(feed)


def _publication(name: str, entry: ArticleEntry, shelf: Shelf, cover: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "@type": "http://schema.org/Book",
        "identifier": urn(entry["identifier"] or name, shelf.imprint),
        "title": entry["title"],
        "subtitle": entry["subtitle"],
        "language": entry["lang"],
        "author": [{"name": author} for author in entry.get("authors", [])],
        "description": entry["abstract"],
        "subject": list(dict.fromkeys([*entry.get("topics", []), *entry["keywords"]])),
        "modified": _moment(entry["date"]) if entry["date"] else "",
    }
    offered = shelf.offers[name]
    # A publication must have a link to itself: the web page, which offers all its files.
    own = next((offer for offer in offered if offer.type == FORMATS["html"].media_type), offered[0])
    links = [{"rel": "self", "href": own.href, "type": own.type}]
    links += [
        {"rel": _ACQUISITION, "href": offer.href, "type": offer.type,
         "title": f"{offer.title} ({offer.facts})"}
        for offer in offered
    ]  # fmt: skip
    found: dict[str, Any] = {
        "metadata": {key: value for key, value in metadata.items() if value},
        "links": links,
    }
    if cover:
        kind = "image/gif" if cover.endswith(".gif") else "image/png"
        found["images"] = [{"href": cover, "type": kind}]
    return found


def write_list(shelf: Shelf) -> bytes:
    """Write the list: each handout with its topics, codes, and files, and each withdrawn one."""
    withdrawn = {n: e for n, e in shelf.entries.items() if "place" in e}
    return _encoded(
        {
            "makebook": 1,
            "title": shelf.title,
            "address": shelf.address,
            "systems": _SYSTEMS,
            "handouts": [_facts(name, entry) for name, entry in sorted(shelf.handouts.items())],
            "withdrawn": [
                {"name": name, **{key: entry[key] for key in ("title", "identifier", "because")}}
                for name, entry in sorted(withdrawn.items())
            ],
        }
    )


def _facts(name: str, entry: ArticleEntry) -> dict[str, Any]:
    """Return what a portal needs to choose a handout, and to know its version."""
    return {
        "name": name,
        "title": entry["title"],
        "subtitle": entry["subtitle"],
        "abstract": entry["abstract"],
        "identifier": entry["identifier"],
        "version": entry["version"],
        "hash": entry["hash"],
        "date": entry["date"],
        "language": entry["lang"],
        "status": entry.get("status", "published"),
        "topics": entry.get("topics", []),
        "keywords": entry["keywords"],
        "codes": entry.get("codes", {}),
        "files": [
            {
                "href": quote(file),
                "type": FORMATS[facts["format"]].media_type,
                "edition": facts["edition"] if FORMATS[facts["format"]].has_editions else "",
                "part": facts["part"],
                "pages": facts["pages"],
                "bytes": facts["bytes"],
                "sha256": facts["sha256"],
            }
            for file, facts in sorted(entry["files"].items())
        ],
    }


def _moment(day: str) -> str:
    """Return the beginning of a day in UTC (RFC 3339)."""
    return f"{day}T00:00:00Z"


def _encoded(value: Mapping[str, Any]) -> bytes:
    """Return JSON with a line for each handout."""

    def line(each: Any) -> str:
        return json.dumps(each, ensure_ascii=False)

    parts = {
        key: "[\n  " + ",\n  ".join(map(line, said)) + "\n ]"
        if isinstance(said, list) and said
        else line(said)
        for key, said in value.items()
    }
    whole = ",\n".join(f" {line(key)}: {part}" for key, part in parts.items())
    return f"{{\n{whole}\n}}\n".encode(errors="replace")
