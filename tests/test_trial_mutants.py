"""A tenth of the trial of the proof: it passes no bad file, and names each fault.

All of it: `python3 makebook.py test --proof`.
"""

from __future__ import annotations

import pytest

from tests.trial.misses import PARTS, Share, misses, mutants, refused_subject, subjects
from tests.trial.naming import FAULTS
from tests.trial.projects import Finished
from tests.trial.units import drawn, fold, texts

NAMES = [
    f"{article} {place}"
    for article in ("ketamine-ocd", "sleeping-well", "doses")
    for place in ("letter", "booklet", "epub", "html")
]


@pytest.fixture(scope="module")
def files() -> dict[str, Finished]:
    return {f"{each.document.name} {each.place}": each for each in subjects()}


def test_all_files_are_tried(files: dict[str, Finished]) -> None:
    assert list(files) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_bad_file_is_passed(files: dict[str, Finished], name: str) -> None:
    assert refused_subject(files[name]) == []
    found = [misses(Share(files[name], part, whole=False)) for part in range(PARTS)]
    missed = [said for _, each in found for said in each]
    assert not missed, f"{len(missed)} of {sum(n for n, _ in found)}:\n" + "\n".join(missed)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_altered(files: dict[str, Finished], name: str) -> None:
    """A text that is not found in a file would not be tried, and nobody would notice."""
    finished = files[name]
    removed = [mutant for mutant in mutants(finished) if mutant.kind == "removed"]
    found = {fold(text) for mutant in removed for text in mutant.about}
    drawings = [text for words in drawn(finished.document).values() for text in words]
    wanted = [*(each.text for each in texts(finished.document)), *drawings]
    assert [text for text in wanted if fold(text) not in found] == []


def test_every_kind_of_fault_is_made(files: dict[str, Finished]) -> None:
    made = {mutant.kind for finished in files.values() for mutant in mutants(finished)}
    assert made == set(FAULTS)


@pytest.mark.parametrize("name", NAMES[-4:])
def test_every_mutant_is_another_file(files: dict[str, Finished], name: str) -> None:
    """A mutant equal to the file, or one that stays in the next one, would test nothing."""
    every = mutants(files[name])
    first, made = every[0].make(), [mutant.make() for mutant in every]
    twice = [str(mutant) for mutant, data in zip(every, made, strict=True) if made.count(data) > 1]
    assert not twice, "\n".join(twice)
    assert every[0].make() == first
