"""The identity of a work that an article refers to, however a style prints it.

In: an item in CSL-JSON. Out: its DOI, else its PMID, else its own data, as one text.
This module must not know citation styles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

NOT_PRINTED = frozenset("id citation-key citation-label abstract annote categories custom keyword "
                         "language note source".split())  # fmt: skip


def work_of(csl: Mapping[str, Any]) -> str:
    """Return what identifies a work: `doi:10.1000/rest.3`, `pmid:123`, or its data as JSON."""
    for name in identifiers(csl):
        return name
    data = {name: value for name, value in csl.items() if name not in NOT_PRINTED}
    return json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)


def identifiers(csl: Mapping[str, Any]) -> list[str]:
    """Return what names a work everywhere, its DOI first: `doi:10.1000/rest.3`, `pmid:123`."""
    doi = re.sub(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:)\s*", "", str(csl.get("DOI") or ""))
    pmid = "".join(re.findall(r"\d", str(csl.get("PMID") or "")))
    found = [f"doi:{doi.strip().lower()}"] if doi.strip() else []
    return [*found, f"pmid:{pmid}"] if pmid else found
