"""The calls of the proof: one function for each format, so that they are easy to change."""

from __future__ import annotations

from press.core.problems import Problem
from press.proof import epub, page, pdf
from tests.trial.projects import Finished


def prove(finished: Finished) -> list[Problem]:
    """Open a finished file and prove it; return the problems found."""
    problems: list[Problem] = []
    {"pdf": _pdf, "epub": _epub, "html": _page}[finished.artifact.format](finished, problems)
    return problems


def _pdf(finished: Finished, problems: list[Problem]) -> None:
    document, edition, artifact = finished.document, finished.edition, finished.artifact
    assert edition is not None
    pdf.prove_pdf(document, edition, artifact, problems)


def _epub(finished: Finished, problems: list[Problem]) -> None:
    epub.prove_epub(finished.document, finished.artifact, problems)


def _page(finished: Finished, problems: list[Problem]) -> None:
    page.prove_page(finished.document, finished.artifact, finished.downloads, problems)
