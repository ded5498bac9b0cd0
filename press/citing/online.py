"""Entries from the web, by DOI or PMID.

In: an identifier, and how to download. Out: the text of a bibliography, and its format. A DOI is
asked of doi.org, which leads to its registration agency ("DOI Content Negotiation", Crossref and
DataCite); a PMID of the E-utilities of the National Library of Medicine. This module must not know
projects.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from press.core.problems import Problem, ProblemsError, Span
from press.references.csl_data import clean_doi, clean_pmid, is_doi
from press.setup.download import Failed, Forbidden, Network, download

_PUBMED = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi?db=pubmed&rettype=medline&retmode=text&id="
_CSL = "application/vnd.citationstyles.csl+json"


def identifier(text: str) -> tuple[str, str]:
    """Return `("doi", "10.1000/x")` or `("pmid", "123")`; empty texts for anything else."""
    text = text.strip()
    if is_doi(doi := clean_doi(text)):
        return "doi", doi
    pmid = clean_pmid(text)
    return ("pmid", pmid) if re.fullmatch(r"[1-9]\d{0,7}", pmid) else ("", "")


def look_up(kind: str, value: str, network: Network) -> tuple[str, str]:
    """Return the text of an entry, and the ending of its format.

    Raises:
        ProblemsError: CIT014, if it cannot be found.
    """
    if kind == "doi":
        address, accept = f"https://doi.org/{quote(value, safe='/:;()-._~')}", _CSL
    else:
        address, accept = f"{_PUBMED}{value}", "text/plain"
    said = f"{kind.upper()} {value}"
    try:
        data, _ = download(address, network, accept)
    except (Forbidden, Failed) as error:
        hint = "check the number in a browser, and try again"
        raise ProblemsError([Problem("CIT014", Span(said), f"'{address}' {error}", hint)]) from None
    text = data.decode("utf-8", errors="replace")
    if kind == "pmid":
        return text.replace("\r\n", "\n"), ".nbib"
    try:
        item = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        item = None
    if not isinstance(item, dict):
        hint = "open https://doi.org/ with this DOI in a browser, and export the entry there"
        message = "the answer is not an entry of a bibliography"
        raise ProblemsError([Problem("CIT014", Span(said), message, hint)])
    return json.dumps([{**item, "id": item.get("id") or value}]), ".json"
