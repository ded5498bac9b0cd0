"""BibTeX names: `von Last, Jr, First and {An Organization} and others`.

In: the value of a name field. Out: CSL-JSON names.
This module must not know entries, files, or third-party libraries.
"""

from __future__ import annotations

import re

from press.references.latex import to_text

OTHERS = "others"
"""The literal name for `and others`; the citation style prints its `et al`."""


def read_names(value: str, *, useprefix: bool = True) -> list[dict[str, str]]:
    """Read a list of names; with `useprefix`, `van` belongs to the family name."""
    names = []
    spaced = re.sub(r"\s+", " ", value)  # a search for ` and ` does not read a long gap again
    for name in _split(spaced, re.compile(" and ", re.IGNORECASE)):
        text = name.strip()
        if text:
            names.append(_read_name(text, useprefix=useprefix))
    return [name for name in names if any(name.values())]


def _read_name(text: str, *, useprefix: bool) -> dict[str, str]:
    if text.lower() == OTHERS:
        return {"literal": OTHERS}
    if _is_one_group(text):
        return {"literal": to_text(text[1:-1])}
    parts = [part.strip() for part in _split(text, re.compile(r"\s*,\s*"))]
    if all("=" in part for part in parts) and parts:
        return _read_extended(parts)
    if len(parts) == 1:
        given, particle, family = _first_von_last(_words(text))
        suffix = ""
    else:
        particle, family = _von_last(_words(parts[0]))
        suffix = parts[1] if len(parts) > 2 else ""
        given = ", ".join(part for part in parts[2 if suffix else 1 :] if part)
    if not given and not particle and not suffix and _is_one_group(family):
        return {"literal": to_text(family[1:-1])}
    key = "non-dropping-particle" if useprefix else "dropping-particle"
    name = {"family": family, "given": given, key: particle, "suffix": suffix}
    return {part: to_text(text) for part, text in name.items() if text.strip("{} ")}


def _read_extended(parts: list[str]) -> dict[str, str]:
    """Read the BibLaTeX form `family=…, given=…`."""
    keys = {"family": "family", "given": "given", "prefix": "non-dropping-particle",
            "suffix": "suffix"}  # fmt: skip
    pairs = (part.split("=", 1) for part in parts)
    return {keys[k.strip()]: to_text(v) for k, v in pairs if k.strip() in keys and v.strip()}


def _is_one_group(text: str) -> bool:
    """Return whether the first brace closes with the last character."""
    if not (text.startswith("{") and text.endswith("}")) or text.startswith("{\\"):
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return place == len(text) - 1
    return False


def _split(text: str, separator: re.Pattern[str]) -> list[str]:
    """Split at a separator, but not inside braces."""
    parts, depth, start, place = [], 0, 0, 0
    while place < len(text):
        match = separator.match(text, place) if depth == 0 else None
        if match and match.end() > place:
            parts.append(text[start:place])
            start = place = match.end()
            continue
        depth = max(0, depth + (text[place] == "{") - (text[place] == "}"))
        place += 1
    return [*parts, text[start:]]


def _words(text: str) -> list[str]:
    return [word for word in _split(text, re.compile(r"[\s~]+")) if word]


def _is_lower(word: str) -> bool:
    """Return whether BibTeX takes the word for a particle; `{Word}` has no case."""
    if word.startswith("{") and not word.startswith("{\\"):
        return False
    letters = [c for c in to_text(word) if c.isalpha()]
    return bool(letters) and letters[0].islower()


def _first_von_last(words: list[str]) -> tuple[str, str, str]:
    lower = [i for i, word in enumerate(words[:-1]) if _is_lower(word)]
    if not lower:
        return " ".join(words[:-1]), "", words[-1] if words else ""
    start, end = lower[0], lower[-1] + 1
    return " ".join(words[:start]), " ".join(words[start:end]), " ".join(words[end:])


def _von_last(words: list[str]) -> tuple[str, str]:
    end = 0
    while end < len(words) - 1 and _is_lower(words[end]):
        end += 1
    return " ".join(words[:end]), " ".join(words[end:])
