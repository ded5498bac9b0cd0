"""Random tables of doses and scores, with paragraphs around them that repeat.

In: a seed and the number of a table. Out: its Markdown, always the same for both.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.trial.projects import front_matter

EACH = 30
"""The number of tables in one article."""
_WORDS = "Day Dose Score Week none high low left mg a b".split()
_HEADINGS = ("Your doses", "Scores", "Doses 2", "5")
_BEFORE = (
    "Take the number of drops in this table, each day at the same time.",
    "Add your points.",
    "Day 1",
    "5",
)
_AFTER = (
    "Ask your clinician before you change anything in this plan of doses.",
    "Add your points.",
    "10",
    "Take 5-10 drops, or 2 5 ml spoons.",
)


def _whole(rng: random.Random) -> str:
    return str(rng.randrange(10 ** rng.randint(1, 4)))


def _decimal(rng: random.Random) -> str:
    return f"{rng.randint(0, 99)}.{rng.randint(0, 99)}"


def _range(rng: random.Random) -> str:
    return f"{rng.randint(0, 50)}{rng.choice('-–')}{rng.randint(1, 99)}"


def _unit(rng: random.Random) -> str:
    return f"{rng.randint(1, 250)} {rng.choice(('mg', 'ml', 'h', '%'))}"


def _word(rng: random.Random) -> str:
    return rng.choice(_WORDS)


def _empty(_: random.Random) -> str:
    return ""


_MIXES: tuple[tuple[Callable[[random.Random], str], ...], ...] = (
    (_whole,),
    (_whole, _whole, _whole, _decimal, _range, _unit, _empty, _word),
    (_decimal, _unit, _range),
    (_whole, _empty),
    (_word, _whole),
)


def table(seed: int, number: int) -> str:
    """Return the Markdown of one table."""
    rng = random.Random(f"{seed}/{number}")
    columns, mix = rng.randint(1, 8), rng.choice(_MIXES)
    rows = rng.randint(1, 40) if rng.random() < 0.1 else rng.randint(1, 5)
    heads = [rng.choice((_word, _whole))(rng) for _ in range(columns)]
    lines = [heads, ["---"] * columns]
    for _ in range(rows):
        cells = [rng.choice(mix)(rng) for _ in range(columns)]
        lines.append(cells if any(cells) else [_whole(rng), *cells[1:]])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def block(seed: int, number: int) -> str:
    """Return one table with its heading and paragraphs."""
    rng = random.Random(f"{seed}/{number}/around")
    pieces = []
    if rng.random() < 0.7:
        pieces.append(f"## {rng.choice(_HEADINGS)} {{#doses-{number}}}\n")
    pieces += [f"{rng.choice(_BEFORE)}\n" for _ in range(rng.randint(1, 2))]
    pieces.append(table(seed, number))
    pieces += [f"{rng.choice(_AFTER)}\n" for _ in range(rng.randint(1, 3))]
    return "\n".join(pieces)


def article(seed: int, numbers: range) -> str:
    """Return an article with some tables."""
    head = front_matter(f"{numbers.start % 10}DOSE-{numbers.start}", str(seed))
    return head + "\n".join(block(seed, number) for number in numbers)
