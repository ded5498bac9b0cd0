"""The faces that a text falls back on, for characters that the text fonts lack.

In: a text, its language, the styles. Out: faces, those in `styles/fonts/fallback` before those
that Fontconfig lists on this system, and the characters that none has. No path of a project counts.
This module must not know articles or formats.
"""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from press.core.emoji import EMOJI
from press.core.hashing import file_digest, json_digest
from press.core.model import Face
from press.core.records import dataclass
from press.design import fonts
from press.design.styles import Styles

EMOJI_FAMILY = "Noto Emoji"
_SHIPPED = {
    "NotoSans": "Noto Sans",
    "NotoSansMath": "Noto Sans Math",
    "NotoSansSymbols2": "Noto Sans Symbols 2",
    "NotoSansSymbols": "Noto Sans Symbols",
    "NotoEmoji": EMOJI_FAMILY,
}
"""Names of files and families, in the order in which they are tried."""
_CUTS = (("Regular", 400, False), ("Bold", 700, False), ("Italic", 400, True),
         ("BoldItalic", 700, True))  # fmt: skip


def choose(text: str, styles: Styles, lang: str = "") -> tuple[tuple[Face, ...], str]:
    """Return the faces that a text needs besides the text fonts, and what no face has."""
    left = set(fonts.missing(styles.fonts(), text))
    emoji = set(EMOJI.findall(text))
    if not left and not emoji:
        return (), ""
    found: list[Face] = []
    for file, family in _SHIPPED.items():
        shipped = _shipped(styles, file, family)
        has = fonts.covered(shipped[0].path, left) if shipped else set()
        if has - emoji or (family == EMOJI_FAMILY and shipped and emoji):
            found += shipped
            left -= has
    if left:
        beyond, left = _of_system(left, lang)
        found += beyond
    return tuple(found), "".join(sorted(left))


def _shipped(styles: Styles, file: str, family: str) -> list[Face]:
    """Return the faces of a family in the styles, the regular one first."""
    paths = [(styles.fallback(f"{file}-{cut}.ttf"), weight, it) for cut, weight, it in _CUTS]
    return [Face(family, path, weight=weight, italic=it) for path, weight, it in paths if path]


def used(faces: Iterable[Face], text: str, styles: Styles) -> dict[str, str]:
    """Return, for each family of some faces, the characters of a text that it is used for."""
    left = set(fonts.missing(styles.fonts(), text))
    found: dict[str, str] = {}
    for face in faces:
        if face.family in found:
            continue
        mine = fonts.covered(face.path, left, face.index)
        found[face.family] = "".join(sorted(mine))
        left -= mine
    return found


# The faces of this system


@dataclass(frozen=True)
class _Listed:
    """A face as Fontconfig lists it."""

    face: Face
    characters: tuple[range, ...]

    def has(self, characters: Iterable[str]) -> set[str]:
        return {c for c in characters if any(ord(c) in codes for codes in self.characters)}


_FORMAT = "%{file}\t%{index}\t%{family[0]}\t%{weight}\t%{slant}\t%{charset}\n"
_BOLD = "200"
_UPRIGHT = "0"
_WEIGHTS = {"80": 400, _BOLD: 700}
"""Fontconfig's numbers for regular and bold, and those of CSS."""
_HAN = {"ja": "JP", "ko": "KR", "zh": "SC", "zh-tw": "TC", "zh-hant": "TC", "zh-hk": "HK"}
"""Languages, and what the names of faces end in that draw Han letters as their readers do."""


def _listed() -> list[_Listed]:
    """Return the faces that Fontconfig lists and that can be embedded, or none without it."""
    command = shutil.which("fc-list")
    if command is None:
        return []
    pattern = ":scalable=true:variable=false:color=false"
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, without a shell
            [command, "--format", _FORMAT, pattern], capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return [one for line in lines if (one := _read(line.split("\t")))]


def _read(columns: list[str]) -> _Listed | None:
    """Read a line of the list; None for what is not a regular or bold OpenType font."""
    if len(columns) != 6:
        return None
    file, index, family, weight, slant, characters = columns
    path = Path(file)
    if path.suffix.lower() not in (".ttf", ".otf", ".ttc") or weight not in _WEIGHTS:
        return None
    ends = [part.partition("-") for part in characters.split()]
    codes = tuple(range(int(a, 16), int(b or a, 16) + 1) for a, _, b in ends)
    face = Face(family, path, int(index), _WEIGHTS[weight], slant != _UPRIGHT, "of the system")
    return _Listed(face, codes)


def _of_system(left: set[str], lang: str) -> tuple[list[Face], set[str]]:
    """Return the faces of this system that have some characters, and the characters left over."""
    every = _listed()
    regular = [o for o in every if o.face.weight == 400 and not o.face.italic]
    found: list[Face] = []
    while useful := [one for one in regular if one.has(left)]:
        best = min(useful, key=lambda one: (-len(one.has(left)), *_rank(one.face, lang)))
        regular.remove(best)
        if not fonts.may_be_embedded(best.face.path, best.face.index):
            continue
        left = left - best.has(left)
        family = best.face.family
        more = [o.face for o in every if o.face.family == family and o.face != best.face]
        styles = {(face.weight, face.italic): face for face in reversed(more)}
        styles[400, False] = best.face
        found += [_hashed(styles[cut[1:]]) for cut in _CUTS if cut[1:] in styles]
    return found, left


def _hashed(face: Face) -> Face:
    digest = file_digest(face.path)
    return Face(face.family, face.path, face.index, face.weight, face.italic, digest)


def _rank(face: Face, lang: str) -> tuple[bool, bool, bool, str, str, int]:
    """Return a key that sorts faces alike on every system: those of Noto first, without serifs."""
    low = lang.lower()
    ending = _HAN.get(low) or _HAN.get(low.partition("-")[0], "SC")
    other = "CJK" in face.family and not face.family.endswith(ending)
    noto, sans = face.family.startswith("Noto "), "Sans" in face.family
    return other, not noto, not sans, face.family, face.path.name, face.index


def still_there(names: Mapping[str, str]) -> bool:
    """Return whether this system still has faces, given by the names and hashes of their files."""
    paths = {one.face.path for one in _listed() if one.face.path.name in names}
    found = {(path.name, file_digest(path)) for path in paths}
    return found.issuperset(names.items())


def system_digest() -> str:
    """Return one hash of the faces of this system: with others, another may be chosen."""
    faces = [
        (f.path.name, f.index, f.family, f.weight, f.italic, [str(c) for c in one.characters])
        for one in _listed()
        for f in (one.face,)
    ]
    return json_digest(sorted(faces))


# What to write instead


_INSTEAD = {"\u20bf": "BTC", "\u2044": "/", "\u29f8": "/", "\u2b50": "*", "\u2028": " "}
_ASIAN = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "BOPOMOFO ", "IDEOGRAPHIC ")


def equivalent(character: str, styles: Styles) -> str:
    """Return what Unicode says is nearest to a character, if the text fonts have it."""
    near = _INSTEAD.get(character) or unicodedata.normalize("NFKC", character)
    if near == character:  # a letter without its accents
        spread = unicodedata.normalize("NFKD", character)
        near = "".join(c for c in spread if not unicodedata.combining(c))
    return near if near != character and near and not choose_shipped(near, styles) else ""


def choose_shipped(text: str, styles: Styles) -> str:
    """Return the characters of a text that neither the text fonts nor the fallback faces have."""
    paths = [face.path for f, name in _SHIPPED.items() for face in _shipped(styles, f, name)[:1]]
    return fonts.missing([*styles.fonts(), *paths], text)


def package(characters: Iterable[str]) -> str:
    """Return the packages of Debian that bring faces for characters; nothing for private ones."""
    names = [name for c in characters if (name := unicodedata.name(c, ""))]
    asian = {name.startswith(_ASIAN) for name in names}
    packages = {False: "fonts-noto-core", True: "fonts-noto-cjk"}
    return " and ".join(packages[kind] for kind in sorted(asian))
