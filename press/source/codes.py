"""Codes of an article in the systems that record systems use: are they in the right form?

In: a code as its author wrote it. Out: what is wrong with it, and the remedy. There is no list of
codes here: one in the right form can still mean something else. Must not know front matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Flaw = tuple[str, str]
"""What is wrong with a code, to follow `is `, and a hint."""

_ICD10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,2})?")
"""A category and, after a point, up to two digits (ICD-10, volume 2, WHO)."""
_ICD10CM = re.compile(r"[A-Z][0-9][0-9AB](\.[0-9A-Z]{1,4})?")
"""A category and, after a point, up to four signs (ICD-10-CM, United States)."""
_D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
"""The table of the dihedral group of order 10 (SNOMED CT Release File Specifications, 5.5)."""
_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
"""The permutation that is applied once more for each place from the right."""


def check_digit_holds(number: str) -> bool:
    """Say if the last digit of a number is right by Verhoeff's scheme."""
    total = 0
    for place, sign in enumerate(reversed(number)):
        digit = int(sign)
        for _ in range(place % 8):
            digit = _TURN[digit]
        total = _D5[total][digit]
    return total == 0


def _icd10(code: str) -> Flaw | None:
    if _ICD10CM.fullmatch(code) and not _ICD10.fullmatch(code):
        return "not in the form of a code of the WHO's ICD-10", "if it is ICD-10-CM, use 'icd10cm'"
    return _diagnosis(code, _ICD10, "an ICD-10")


def _icd10cm(code: str) -> Flaw | None:
    return _diagnosis(code, _ICD10CM, "an ICD-10-CM")


def _diagnosis(code: str, form: re.Pattern[str], system: str) -> Flaw | None:
    if form.fullmatch(code):
        return None
    plain = re.sub(r"[^A-Z0-9]", "", code.upper())
    better = plain[:3] + ("." if plain[3:] else "") + plain[3:]
    near = re.fullmatch(r"[A-Za-z0-9. ]+", code) and form.fullmatch(better)
    hint = f"write {better}" if near else "write F42 or F42.2, for example"
    return f"not in the form of {system} code", hint


def _snomed(code: str) -> Flaw | None:
    """Check an identifier: 6 to 18 digits, of which the last is computed from the others."""
    if not re.fullmatch(r"[1-9][0-9]{5,17}", code):
        return "not in the form of a SNOMED CT identifier", "write its 6 to 18 digits only"
    if not check_digit_holds(code):
        return (
            "not a SNOMED CT identifier: its last digit does not fit the others",
            "compare it with the SNOMED CT browser",
        )
    if code[-3:-1] not in ("00", "10"):
        return "the identifier of a description, not of a concept", "write that of the concept"
    return None


def _rxnorm(code: str) -> Flaw | None:
    if re.fullmatch(r"[1-9][0-9]{0,7}", code):
        return None
    return "not in the form of an RxNorm identifier (RxCUI)", "write its digits, at most eight"


SYSTEMS: Mapping[str, Callable[[str], Flaw | None]] = {
    "icd10": _icd10,
    "icd10cm": _icd10cm,
    "snomed": _snomed,
    "rxnorm": _rxnorm,
}
"""The systems, and for each the check of a code: None if its form is right."""
