"""The search of a library: by any word of a handout, also if it is misspelled or not yet complete.

In: nothing. Out: the part of the page's script that searches, with MiniSearch (`minisearch.js`). It
reads titles, words, and vocabularies from the entries of the list. This module must not know what
else is searched.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from press.document.vocabulary import LETTERS, MARKS, SOLID, UNSEEN

_LIBRARY = Path(__file__).with_name("minisearch.js")
_SCRIPT = r"""
const fold = (text) => text.replace(/UNSEEN/gu, "").normalize("NFKD").replace(/MARKS/gu, "")
  .normalize("NFC").toLowerCase().replace(/[SPECIAL]/gu, (letter) => LETTERS[letter]);
const isSolid = (word) => /^SOLID/u.test(word);
const pairs = (word) => {
  const signs = Array.from(word);
  const both = signs.slice(1).map((sign, index) => signs[index] + sign);
  return both.length === 0 ? signs : both;
};
const words = (text) => fold(text).split(/[^\p{L}\p{M}\p{N}]+/u)
  .flatMap((word) => word.split(/(SOLID)/u)).filter(Boolean)
  .flatMap((word) => isSolid(word) ? pairs(word) : word);
const listed = (text) => text.split(" ").flatMap((word) => {
  const [sign, ...after] = isSolid(word) ? Array.from(word) : [word];
  return [sign, ...after.map((next) => sign + next)];
});
const swapped = (word) => Array.from(word).slice(1).map((_, at, { length }) => {
  const signs = Array.from(word);
  [signs[at], signs[at + 1]] = [signs[at + 1], signs[at]];
  return signs.join("");
});
const similar = (word) => [
  { queries: [word], fuzzy: word.length < 5 ? 0 : word.length < 8 ? 1 : 2 },
  ...(word.length < 8 ? swapped(word) : []),
];
const isExact = (word) => word.length < 4 || /\p{N}/u.test(word) || isSolid(word);
let index = null;
const indexed = (items) => {
  const made = new MiniSearch.default({
    fields: ["title", "words", "text"],
    tokenize: (text, field) => field === "text" ? listed(text) : words(text),
    processTerm: (term) => term,
    searchOptions: { boost: { title: 20, words: 5 } },
  });
  made.addAll(items.map((item, id) => ({
    id, title: item.querySelector("h2").textContent, words: item.dataset.words,
    text: item.dataset.text,
  })));
  return made;
};
const found = (asked, items) => {
  index = index || indexed(items);
  const query = (word) => {
    const begun = { queries: [word], prefix: true };
    return isExact(word) || index.search(begun).length > 0 ? begun
      : { combineWith: "OR", queries: similar(word) };
  };
  return index.search({ combineWith: "AND", queries: asked.map(query) }).map(({ id }) => items[id]);
};
"""


def script() -> str:
    """Return JavaScript that defines `words` and `found`; it must be inside a function.

    `found(words(typed), items)` gives the entries of the list that have every word, the best first.
    A word may be the beginning of one. Only if no entry has it, one with an error or two is
    accepted, so that what is similar never joins what was asked for. The index is made when the
    first word is typed, because few people search.
    """
    constants = {
        "UNSEEN": _escaped(UNSEEN),
        "MARKS": _escaped(MARKS),
        "SOLID": _escaped(SOLID),
        "SPECIAL": _escaped("".join(LETTERS)),
        "LETTERS": f"({json.dumps(LETTERS)})",
    }
    ours = re.sub("|".join(constants), lambda name: constants[name[0]], _SCRIPT)
    return _LIBRARY.read_text(encoding="utf-8") + ours


def _escaped(pattern: str) -> str:
    """Return a regular expression that JavaScript reads alike, in ASCII."""
    return re.sub(r"[^\x00-\x7f]", lambda sign: f"\\u{{{ord(sign[0]):x}}}", pattern)
