"""Names of people as programs and databases write them, in the form of CSL-JSON.

In: a name as text, or the names of an entry. Out: CSL-JSON names.
This module must not know any one format of bibliographies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Name = dict[str, str]

OTHERS = "others"
"""The literal name that stands for those left out; the citation style prints its `et al`."""
_SUFFIX = re.compile(
    r"(?:,\s*|\s+)((?:Jr|Sr)\b\.?|I{2,3}|IV|(?:2nd|3rd|[4-9]th)\.?)$", re.IGNORECASE
)
_INITIALS = re.compile(r"(\S.*?)\s+([A-Z]{1,4}(?:-[A-Z])?)(?:\s+(Jr|Sr|2nd|3rd|[4-9]th))?\.?")
_PARTICLES = frozenset("af al da dal de del della den der des di do dos du el la le los ten ter "
                       "van vom von y zu zum zur".split())  # fmt: skip
_ET_AL = re.compile(r"(?:and )?(?:et al\.?|others)", re.IGNORECASE)


def read_person(text: str) -> Name:
    """Read `Rivers, Carol I`, `Zarate, Carlos A., Jr.`, or an organization, which has no comma."""
    text = " ".join(text.split()).strip(" ,;")
    if _ET_AL.fullmatch(text):
        return {"literal": OTHERS}
    family, *rest = [part.strip() for part in text.split(",")]
    rest = [part for part in rest if part]
    if not rest:
        return {"literal": family} if family else {}
    suffix = rest[-1] if len(rest) > 1 and _SUFFIX.fullmatch(f" {rest[-1]}") else ""
    given = ", ".join(rest[:-1] if suffix else rest)
    name = {"family": family, "given": given, "suffix": suffix}
    return with_suffix({part: value for part, value in name.items() if value})


def read_initials(text: str) -> Name:
    """Read PubMed's short form: `Zarate CA Jr`; anything else is an organization."""
    found = _INITIALS.fullmatch(text.strip())
    if found is None:
        return {"literal": text.strip()}
    name = {"family": found[1], "given": _spaced(found[2]), "suffix": found[3] or ""}
    return {part: value for part, value in name.items() if value}


def _spaced(initials: str) -> str:
    return " ".join(re.findall(r"[A-Z](?:-[A-Z])?", initials))


def with_suffix(name: Mapping[str, str]) -> Name:
    """Make a suffix such as `Jr` a part of its own: it may be written after either name."""
    name = dict(name)
    for part in ("given", "family"):
        found = _SUFFIX.search(name.get(part, ""))
        if found and found.start() and not name.get("suffix") and name.get("family"):
            name["suffix"] = found[1]
            name[part] = name[part][: found.start()]
    return name


def in_mixed_case(people: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the names of one entry in mixed case if the file has them in capitals.

    A single short name in capitals may be initials or an organization, so it is left alone.
    """
    families = [str(person.get("family") or "") for person in people]
    shouted = [name for name in families if _is_shouted(name)]
    long = any(len(re.sub(r"\W", "", name)) > 3 for name in shouted)
    if not long or len(shouted) != len([name for name in families if name]):
        return [dict(person) for person in people]
    return [_calmed(person) if person.get("family") else dict(person) for person in people]


def _is_shouted(name: str) -> bool:
    letters = [c for c in name if c.isalpha()]
    return len(letters) > 1 and all(c.isupper() for c in letters)


def _calmed(person: Mapping[str, Any]) -> dict[str, Any]:
    calm = {**person, "family": _family(str(person["family"]))}
    if given := str(person.get("given") or ""):
        calm["given"] = re.sub(r"[^\W\d_]{3,}", _given_word, given)
    return calm


def _family(name: str) -> str:
    words = re.split(r"([\s\-]+)", name)
    last = len(words) - 1
    return "".join(
        word.lower()
        if place != last and word.lower() in _PARTICLES
        else re.sub(r"[^\W\d_]+", _family_word, word)
        for place, word in enumerate(words)
    )


def _family_word(found: re.Match[str]) -> str:
    word = found[0]
    if word.startswith("MC") and len(word) > 4:
        return f"Mc{word[2]}{word[3:].lower()}"
    return word[0] + word[1:].lower()


def _given_word(found: re.Match[str]) -> str:
    word = found[0]
    is_name = word.isupper() and (len(word) > 3 or re.search("[AEIOUY]", word))
    return word[0] + word[1:].lower() if is_name else word
