r"""TeX in bibliographies, translated to CSL rich text: `Garc{\'\i}a` is `García`.

In: the value of a BibTeX field, without its outer braces. Out: text with CSL's few elements.
This module must not know BibTeX's entries, nor any third-party library. It never fails: what it
does not recognize stays as text.
"""

from __future__ import annotations

import re
import unicodedata

# Combining characters, by accent command.
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328",
    "d": "\u0323", "b": "\u0331", "r": "\u030a", "h": "\u0309",
}  # fmt: skip
_SYMBOLS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø",
    "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ",
    "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ", "S": "§", "P": "¶", "dag": "†", "ddag": "‡",
    "copyright": "©", "pounds": "£", "euro": "€", "texteuro": "€", "ldots": "…", "dots": "…",
    "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquoteleft": "‘",
    "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”",
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textregistered": "®",
    "texttrademark": "™", "textdegree": "°", "degree": "°", "textmu": "µ", "textbullet": "•",
    "textless": "<", "textgreater": ">", "textbar": "|", "textunderscore": "_", "slash": "/",
    "quad": " ", "qquad": " ", "space": " ", "newline": " ", "par": " ", "LaTeX": "LaTeX",
    "TeX": "TeX", "textdollar": "$", "textpercent": "%", "textampersand": "&", "cdot": "·",
    "times": "×", "pm": "±", "mp": "∓", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠",
    "approx": "≈", "sim": "∼", "to": "→", "rightarrow": "→", "leftarrow": "←", "infty": "∞",
    "circ": "°", "prime": "′", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ",
    "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π",
    "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_STYLES = {
    "emph": ("<i>", "</i>"), "textit": ("<i>", "</i>"), "textsl": ("<i>", "</i>"),
    "mkbibemph": ("<i>", "</i>"), "mkbibitalic": ("<i>", "</i>"), "textbf": ("<b>", "</b>"),
    "mkbibbold": ("<b>", "</b>"), "textsuperscript": ("<sup>", "</sup>"),
    "textsubscript": ("<sub>", "</sub>"), "enquote": ("“", "”"), "mkbibquote": ("“", "”"),
    "textsc": ('<span style="font-variant:small-caps;">', "</span>"),
    "mkbibparens": ("(", ")"), "nocase": ('<span class="nocase">', "</span>"),
}  # fmt: skip
_SWITCHES = {"em": "i", "it": "i", "itshape": "i", "sl": "i", "bf": "b", "bfseries": "b"}
_LIGATURES = (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("`", "‘"), ("'", "’"))
_DEPTH = 40

_SPECIAL = re.compile(r"[\\{}~$`']|--")
_BRACES = re.compile(r"\{([^{}]*)\}")
_VERBATIM = frozenset(("url", "nolinkurl", "path"))
NOCASE, END_NOCASE = '<span class="nocase">', "</span>"


def to_text(value: str, *, title: bool = False) -> str:
    """Translate a field's value; in a title, braces protect the case of their content."""
    if not value:
        return ""
    plain = _SPECIAL.search(value) is None
    text = value if plain else _TexReader(value, title=title).read()
    if plain and text.isascii():
        return " ".join(text.split())
    return re.sub(r"[ \t\r\n]+", " ", unicodedata.normalize("NFC", text)).strip()


class _TexReader:
    """A reader that goes through TeX once, from left to right."""

    def __init__(self, source: str, *, title: bool) -> None:
        self.source, self.title = source, title
        self.place, self.depth = 0, 0
        self.math = False

    def read(self, end: str = "") -> str:
        out: list[str] = []
        closing = ""
        while self.place < len(self.source):
            character = self.source[self.place]
            if character == end:
                self.place += 1
                break
            if character == "\\":
                text, switch = self._command()
                out.append(text)
                closing = f"</{switch}>{closing}" if switch else closing
            else:
                out.append(self._character(character))
        return "".join(out) + closing

    def _character(self, character: str) -> str:
        for ligature, text in _LIGATURES:
            if self.source.startswith(ligature, self.place) and not self.math:
                self.place += len(ligature)
                return text
        self.place += 1
        if character == "{":
            return self._group()
        if character == "}":
            return ""
        if character == "~":
            return "\u00a0"
        if character == "$":
            self.math = not self.math
            return ""
        if self.math and character in "^_":
            tag = "sup" if character == "^" else "sub"
            return f"<{tag}>{self._argument()}</{tag}>"
        return character

    def _group(self) -> str:
        """Read the rest of a group, from after its `{` to its `}`."""
        if self.depth >= _DEPTH:  # only a malicious file is nested so deeply
            return ""
        special = self.source.startswith("\\", self.place)
        outermost = self.title and not self.depth and not self.math and not special
        self.depth += 1
        text = self.read("}")
        self.depth -= 1
        return f"{NOCASE}{text}{END_NOCASE}" if outermost and text.strip() else text

    def _command(self) -> tuple[str, str]:
        """Read a command; return its text, and the element it opens for the rest of the group."""
        match = re.compile(r"\\(?:([A-Za-z]+)\*?[ \t\n]*|(.)|\Z)", re.DOTALL).match(
            self.source, self.place
        )
        assert match is not None
        self.place = match.end()
        name, sign = match[1], match[2]
        if name is None:
            return self._sign(sign or ""), ""
        if name in _SYMBOLS:
            if self.source.startswith("{}", self.place):
                self.place += 2
            return _SYMBOLS[name], ""
        if name in _ACCENTS:
            return self._accent(_ACCENTS[name]), ""
        if name in _STYLES:
            before, after = _STYLES[name]
            return before + self._argument() + after, ""
        if name in _SWITCHES:
            return f"<{_SWITCHES[name]}>", _SWITCHES[name]
        if name == "href":
            self._argument()
        if name in _VERBATIM and (address := _BRACES.match(self.source, self.place)):
            self.place = address.end()
            return re.sub(r"\\([&%$#_~])", r"\1", address[1]), ""
        if self.source.startswith("{", self.place):
            return self._argument(), ""
        return "", ""

    def _sign(self, sign: str) -> str:
        if sign in _ACCENTS:
            return self._accent(_ACCENTS[sign])
        if sign in {"-", "/", "(", ")"}:
            return ""
        if sign in {" ", "\n", "\\", ","}:
            return "\u202f" if sign == "," else " "
        return sign  # & % $ # _ { } and unknown signs

    def _accent(self, combining: str) -> str:
        base = self._argument().replace("ı", "i").replace("ȷ", "j")
        base = unicodedata.normalize("NFC", base)
        return base[:1] + combining + base[1:] if base else ""

    def _argument(self) -> str:
        """Read one argument: a group, a command, or a single character."""
        while self.place < len(self.source) and self.source[self.place] in " \t\n":
            self.place += 1
        if self.place >= len(self.source) or self.depth >= _DEPTH:
            return ""
        character = self.source[self.place]
        self.depth += 1
        try:
            if character == "\\":
                return self._command()[0]
            self.place += 1
            return self.read("}") if character == "{" else "" if character == "}" else character
        finally:
            self.depth -= 1


_WORD = re.compile(r"<[^<>]*>|[^\s<>]+|\s+|[<>]")


def sentence_case(title: str) -> str:
    """Convert a Title in Title Case to sentence case, which CSL expects.

    Only words written Xxxx change; words in braces, acronyms, and the first word after a colon,
    question mark, exclamation point, or period do not. A title that is not in title case is left
    unchanged, because its capitals are names.
    """
    pieces = list(_pieces(title))
    heads = [word for word, free, first in pieces if free and not first and len(word) > 3]
    capitals = [word for word in heads if _is_capitalized(word)]
    if len(capitals) * 2 <= len(heads):
        return title
    return "".join(
        _lower(word, first=first) if free and _is_capitalized(word) else word
        for word, free, first in pieces
    )


def _pieces(title: str) -> list[tuple[str, bool, bool]]:
    """Split into (piece, whether its case may change, whether it begins a sentence)."""
    pieces: list[tuple[str, bool, bool]] = []
    spans: list[bool] = []  # for each open <span>, whether it protects
    first = True
    for match in _WORD.finditer(title):
        piece = match[0]
        if piece.startswith("<span"):
            spans.append(piece == NOCASE)
        elif piece == END_NOCASE and spans:
            spans.pop()
        if piece.isspace() or (piece.startswith("<") and piece.endswith(">")):
            pieces.append((piece, False, False))
            continue
        pieces.append((piece, not any(spans), first))
        first = piece[-1] in ":.?!"
    return pieces


def _is_capitalized(word: str) -> bool:
    letters = re.sub(r"[\W\d_]", "", word.split("-", maxsplit=1)[0])
    return letters[:1].isupper() and not any(c.isupper() for c in letters[1:])


def _lower(word: str, *, first: bool) -> str:
    head, *tail = re.split(r"([-/\u2013])", word)
    parts = [head if first else head.lower(), *tail]
    return "".join(
        part.lower() if place and _is_capitalized(part) else part
        for place, part in enumerate(parts)
    )
