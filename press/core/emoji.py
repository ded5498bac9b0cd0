"""Emoji: pictures within a text, which a screen reader must be able to name. Owner of emoji.

In: a tree of XHTML and its language. Out: the same tree, with each emoji in a `<span>` that has the
role of an image and its name (Unicode CLDR). What is a plain sign unless a variation selector
follows, such as U+26A0 alone, stays text. This module must not know any format.
"""

from __future__ import annotations

import re

from lxml import etree

from press.core import speech, trees

EMOJI = re.compile(
    "[\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1"
    "\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705"
    "\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50"
    "\u2b55\ufe0f\u20e3\U0001f000-\U0001faff]"
)
"""Characters that are emoji by themselves, or make the one before them an emoji (UTS 51, 1.4)."""
_ENGLISH = "en"


def name_emoji(root: trees.Element, lang: str) -> None:
    """Name each emoji in a tree, in its language or else in English."""
    for run in trees.text_runs(root):
        text = run.read()
        named = not run.is_tail and trees.has_class(run.element, speech.EMOJI_CLASS)
        if named or not EMOJI.search(text):
            continue
        pieces: list[str | trees.Element] = []
        start = 0
        for first, last, name, language in _found(text, lang):
            span = etree.Element("span", attrib={"class": speech.EMOJI_CLASS, "role": "img"})
            span.set("aria-label", name)
            if language != lang.partition("-")[0]:
                span.set("lang", language)
            span.text = text[first:last]
            pieces += [text[start:first], span]
            start = last
        if pieces:
            run.insert([*pieces, text[start:]])


def with_names(text: str, lang: str) -> trees.Element:
    """Return a text as a paragraph, in which each emoji has a name."""
    root = etree.Element("p")
    root.text = text
    name_emoji(root, lang)
    return root


def without_emoji(text: str) -> str:
    """Return a text without what `name_emoji` names."""
    for first, last, *_ in reversed(_found(text, _ENGLISH)):
        text = text[:first] + text[last:]
    return text


def _found(text: str, lang: str) -> list[tuple[int, int, str, str]]:
    """Return the begin, end, name, and language of the name of each emoji in a text."""
    import emoji

    language = lang.partition("-")[0].lower()
    if language in emoji.LANGUAGES:
        emoji.config.load_language(language)
    found = []
    for one in emoji.emoji_list(text):
        facts = emoji.EMOJI_DATA[str(one["emoji"])]
        if facts["status"] == emoji.STATUS["unqualified"]:
            continue
        spoken = language if language in facts else _ENGLISH
        name = facts[spoken].strip(":").replace("_", " ")
        found.append((int(one["match_start"]), int(one["match_end"]), name, spoken))
    return found
