"""Random fragments of HTML, as pages from the web and from word processors have them, and worse.

In: a seed and the number of a fragment. Out: the fragment, always the same for both. A fragment may
be cut off, nested wrongly, or full of what no handout can hold.
"""

from __future__ import annotations

import random

FRAGMENTS = 1000
"""The number of fragments in a whole trial."""
_INLINE = (
    "a abbr b i em strong u s del ins sub sup small code kbd q cite mark span bdo font".split()
)
_BLOCK = "p div section article blockquote pre h1 h2 h3 h5 h6 address figure center aside".split()
_LISTS = "ul ol dl li dt dd menu".split()
_TABLES = "table caption thead tbody tfoot tr th td colgroup".split()
_ODD = "script style iframe svg math form input button video ruby marquee x-unknown o:p".split()
_VOID = (
    "<br>",
    "<hr>",
    "<wbr>",
    "<img>",
    "<img alt='A bed'>",
    "<input>",
    "<!-- note -->",
    "<?xml?>",
)
_WORDS = "dose day one two pill &amp; &lt; &nbsp; café 1 < 2 a&b 5>4 &bogus; &#8212; \t".split(" ")
_ATTRIBUTES = (
    *('class="note"', "id=a", 'id="a b"', "style='text-align: right'", "colspan=2", "rowspan=9"),
    *("colspan=0", "lang=fr", "href='#a'", "href=https://example.org/", "start=7"),
    *('title="say &quot;so&quot;"', "align=center", "width=50%", "onclick=go()", "reversed", '"'),
)
_BREAKS = ("", "", "", " ", "\n", "\n\n")


def fragment(seed: int, number: int) -> str:
    """Return a fragment of HTML."""
    rng = random.Random(f"{seed}-{number}")
    text = "".join(_piece(rng, rng.randint(1, 5)) for _ in range(rng.randint(1, 4)))
    return text[: rng.randrange(len(text))] if rng.random() < 0.1 else text  # cut off


def _piece(rng: random.Random, depth: int) -> str:
    kind = rng.random()
    if depth == 0 or kind < 0.3:
        return " ".join(rng.choices(_WORDS, k=rng.randint(1, 6))) + rng.choice(_BREAKS)
    if kind < 0.37:
        return rng.choice(_VOID) + rng.choice(_BREAKS)
    pools = (_INLINE, _BLOCK, _LISTS, _TABLES, _ODD)
    name = rng.choice(rng.choices(pools, weights=(9, 8, 6, 8, 1))[0])
    some = rng.sample(_ATTRIBUTES, rng.choice((0, 0, 0, 1, 1, 2)))
    inside = "".join(_piece(rng, depth - 1) for _ in range(rng.randint(0, 4)))
    opened = f"<{' '.join([name, *some])}>{rng.choice(_BREAKS)}"
    closed = "" if rng.random() < 0.1 else f"</{name}>"  # many are never closed
    return f"{opened}{inside}{closed}{rng.choice(_BREAKS)}"
