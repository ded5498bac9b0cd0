"""Records behave as data classes of the standard library do."""

from __future__ import annotations

import dataclasses
import pickle
import re
from dataclasses import field, replace

import pytest

from press.core.records import dataclass
from tests.conftest import ROOT

OTHER = r"from dataclasses import [^\n]*\bdataclass\b|dataclasses\.dataclass"


@dataclass(frozen=True)
class Dose:
    drug: str
    grams: float = 1.5
    seen: list[str] = field(default_factory=list, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.seen.append(self.drug)


@dataclass
class Open:
    name: str


@dataclass(frozen=True)
class Empty:
    pass


@dataclass(frozen=True)
class Named(Dose):
    """A record with a representation and a hash of its own."""

    note: str = ""

    def __repr__(self) -> str:
        return f"<{self.note}>"

    def __hash__(self) -> int:
        return 7


def test_records_compare_hash_and_show_their_fields():
    dose = Dose("Tea")
    assert dose == Dose("Tea", 1.5, ["other"]) != Dose("Tea", 2)
    assert hash(dose) == hash(Dose("Tea"))
    assert repr(dose) == "Dose(drug='Tea', grams=1.5)"
    assert dose != ("Tea", 1.5)
    assert dose != Named("Tea")
    assert replace(dose, grams=3).seen == ["Tea", "Tea"]
    assert pickle.loads(pickle.dumps(dose)) == dose
    assert Empty() == Empty() != dose


def test_a_class_keeps_what_it_defines_itself():
    named = Named("Tea", note="green")
    assert (repr(named), hash(named)) == ("<green>", 7)
    assert named != Named("Tea")


def test_an_open_record_has_no_hash():
    with pytest.raises(TypeError):
        hash(Open("one"))
    assert Open("one") == Open("one")


def test_fields_are_known_to_the_standard_library():
    assert [each.name for each in dataclasses.fields(Dose)] == ["drug", "grams", "seen"]
    assert dataclasses.is_dataclass(Dose)


def test_the_program_has_no_other_data_classes():
    files = [path for path in (ROOT / "press").rglob("*.py") if path.name != "records.py"]
    slow = [path for path in files if re.search(OTHER, path.read_text("utf-8"))]
    assert not slow
