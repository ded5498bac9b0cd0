"""Colors: their contrast with the background, in color and in the gray of a printer.

In: tokens. Out: contrast ratios, the nearest color that passes, problems.
Contrast is measured as in WCAG 2.2 (1.4.3), and again in gray for black-and-white printers.
This module must not know who chose a color.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from tinycss2.color3 import RGBA, parse_color

from press.core.files import read_text
from press.core.model import Edition
from press.core.problems import Problem, Span
from press.design.styles import VAR, Styles

NEEDED = 4.5
"""The minimum contrast of text. Each color is also used for small text, so 3:1 never suffices."""
DARKEST_TINT = 0.10
"""The darkest gray, from 0 (white) to 1, that a background of text may print as."""

PAIRS = (
    # Text, background, and the style sheets with both. A test compares this with the style sheets.
    ("--ink", "--paper", "print.css, cover.css, page.css"),
    ("--ink-soft", "--paper", "print.css, page.css"),
    ("--accent", "--paper", "print.css, cover.css, page.css"),
    ("--alarm", "--paper", "print.css, page.css"),
    ("--ink", "--tint", "print.css, page.css"),
    ("--accent", "--tint", "print.css, page.css"),
    ("--dark-ink", "--dark-paper", "page.css"),
    ("--dark-ink-soft", "--dark-paper", "page.css"),
    ("--dark-accent", "--dark-paper", "page.css"),
    ("--dark-alarm", "--dark-paper", "page.css"),
    ("--dark-ink", "--dark-tint", "page.css"),
    ("--dark-ink-soft", "--dark-tint", "page.css"),
    ("--dark-accent", "--dark-tint", "page.css"),
)

Rgb = tuple[float, float, float]
"""Red, green, blue, each from 0 to 1."""


def parse_hex(text: str) -> Rgb | None:
    """Parse `#rgb` or `#rrggbb`; return None for anything else."""
    if not re.fullmatch(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", text):
        return None
    digits = text[1:] if len(text) == 7 else "".join(c + c for c in text[1:])
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def to_hex(rgb: Rgb) -> str:
    """Return a color as `#rrggbb`."""
    return "#" + "".join(f"{round(min(1.0, max(0.0, value)) * 255):02x}" for value in rgb)


def luminance(rgb: Rgb) -> float:
    """Return the relative luminance (WCAG 2.2, definition)."""
    red, green, blue = (_linear(value) for value in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colors, 1 to 21 (WCAG 2.2, definition)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def gray(rgb: Rgb) -> Rgb:
    """Return the gray that a black-and-white printer makes of a color (ISO 32000-1, 10.3.2)."""
    value = min(1.0, 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2])
    return value, value, value


def passes(text: Rgb, ground: Rgb) -> bool:
    """Return whether text is readable on its background, in color and in gray."""
    return contrast(text, ground) >= NEEDED and contrast(gray(text), gray(ground)) >= NEEDED


def nearest_text(color: Rgb, grounds: Sequence[Rgb]) -> str | None:
    """Return the color of the same hue and most similar lightness that passes everywhere.

    Returns None if no color can, because the backgrounds are neither light nor dark, or both.
    """
    return _nearest(color, lambda found: all(passes(found, ground) for ground in grounds))


def nearest_tint(color: Rgb) -> str:
    """Return the background of the same hue, no lighter than text on it requires."""
    return _nearest(color, _is_tint) or "#ffffff"


def _is_tint(color: Rgb) -> bool:
    return 1 - gray(color)[0] <= DARKEST_TINT


def _nearest(color: Rgb, fits: Callable[[Rgb], bool]) -> str | None:
    lightness, chroma, hue = _to_oklch(color)
    steps = sorted((n / 1000 for n in range(1001)), key=lambda light: abs(light - lightness))
    for light in (lightness, *steps):
        found = to_hex(_in_gamut(light, chroma, hue))
        rgb = parse_hex(found)
        if rgb and fits(rgb):
            return found
    return None


def _in_gamut(lightness: float, chroma: float, hue: float) -> Rgb:
    """Return the color, its chroma reduced to what a screen can show."""
    low, high = 0.0, chroma
    for _ in range(12):
        rgb = _from_oklch(lightness, high, hue)
        if all(-0.001 <= value <= 1.001 for value in rgb):
            low = high
            break
        middle = (low + high) / 2
        shown = all(-0.001 <= v <= 1.001 for v in _from_oklch(lightness, middle, hue))
        low, high = (middle, high) if shown else (low, middle)
    return _from_oklch(lightness, low, hue)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _curved(value: float) -> float:
    if value <= 0.0031308:
        return 12.92 * value
    return float(1.055 * value ** (1 / 2.4) - 0.055)


def _to_oklch(rgb: Rgb) -> Rgb:
    """Return lightness, chroma, and hue (CSS Color 4, 9.2 and 10.9: OKLCH)."""
    red, green, blue = (_linear(value) for value in rgb)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _from_oklch(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _curved(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _curved(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _curved(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def check_tokens(
    tokens: Mapping[str, str],
    where: Callable[[str], Span],
    problems: list[Problem],
    chosen: Sequence[str] = (),
) -> None:
    """Measure every text color on its backgrounds; report STY004 for each token that must change.

    `where` returns the location of a token. `chosen` are the tokens that may be reported (those of
    an imprint); if empty, all may be. A value that is not an opaque color is not measured.
    """
    colors = {name: rgb for name in tokens if (rgb := _color(name, tokens))}
    tint = colors.get("--tint")
    if tint and not _is_tint(tint) and (not chosen or "--tint" in chosen):
        share, limit, lighter = 1 - gray(tint)[0], DARKEST_TINT, nearest_tint(tint)
        message = (
            f"--tint {tokens['--tint']} prints as {share:.0%} gray, too dark for a background; the "
            f"maximum is {limit:.0%}"
        )
        hint = f"try {lighter}, the nearest color that passes"
        problems.append(Problem("STY004", where("--tint"), message, hint))
        tokens = {**tokens, "--tint": lighter}  # text is measured on the color it will have
        colors["--tint"] = parse_hex(lighter) or tint
    for text in dict.fromkeys(pair[0] for pair in PAIRS):
        grounds = [g for t, g, _ in PAIRS if t == text and g in colors]
        if text in colors and (not chosen or text in chosen or {*grounds} & {*chosen}):
            _check_text(text, grounds, colors, tokens, where, problems)


def check_styles(styles: Styles, edition: Edition, problems: list[Problem]) -> None:
    """Measure the tokens of a project in an edition; report each STY004 once."""
    found: list[Problem] = []
    tokens = styles.tokens_of(edition)
    check_tokens(tokens, lambda token: place_of_token(token, styles, edition), found)
    problems += [problem for problem in found if problem not in problems]


def place_of_token(token: str, styles: Styles, edition: Edition) -> Span:
    """Return the location of a token: in a style sheet of the edition, else in tokens.css."""
    for name in (*reversed(styles.sheets(edition)), "tokens.css"):
        for folder in styles.folders:
            path = folder / name
            text = (read_text(path, "", []) or "") if path.is_file() else ""
            if found := re.search(rf"^\s*({re.escape(token)})\s*:", text, re.M):
                line = text.count("\n", 0, found.start(1)) + 1
                own = folder == styles.folders[0]
                return Span(f"styles/{name}", line, 1) if own else Span(f"styles/{name}")
    return Span("styles/tokens.css")


def _check_text(
    text: str,
    grounds: Sequence[str],
    colors: Mapping[str, Rgb],
    tokens: Mapping[str, str],
    where: Callable[[str], Span],
    problems: list[Problem],
) -> None:
    """Report STY004 for the background on which the text is hardest to read."""
    failing = [g for g in grounds if not passes(colors[text], colors[g])]
    if not failing:
        return

    def measured(ground: str) -> tuple[float, float]:
        one, other = colors[text], colors[ground]
        return contrast(one, other), contrast(gray(one), gray(other))

    worst = min(failing, key=lambda ground: min(measured(ground)))
    ratio, in_gray = (f"{math.floor(value * 100) / 100:.2f}" for value in measured(worst))
    message = (
        f"{text} {tokens[text]} on {worst} {tokens[worst]} has a contrast of {ratio}:1 "
        f"({in_gray}:1 in gray); the minimum is {NEEDED}:1"
    )
    found = nearest_text(colors[text], [colors[ground] for ground in grounds])
    hint = f"try {found}, the nearest color that passes" if found else f"change {worst}"
    problems.append(Problem("STY004", where(text), message, hint))


def _color(name: str, tokens: Mapping[str, str]) -> Rgb | None:
    value = tokens[name]
    for _ in range(8):
        found = VAR.fullmatch(value.strip())
        if not found:
            break
        value = tokens.get(found[1], "")
    color = parse_color(value)
    if not isinstance(color, RGBA) or color.alpha != 1:
        return None
    return color.red, color.green, color.blue


def tones(accent: str) -> tuple[str, str, str]:
    """Return a light, a middle, and a dark tone of an accent, for the pattern of a cover."""
    rgb = parse_hex(accent) or (0.0, 0.0, 0.0)
    lightness, chroma, hue = _to_oklch(rgb)
    steps = ((0.81, 0.5), (0.57, 1.0), (max(0.12, lightness * 0.78), 0.8))
    light, middle, dark = (to_hex(_in_gamut(to, chroma * share, hue)) for to, share in steps)
    return light, middle, dark
