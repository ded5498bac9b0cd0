"""Run the public CSL test suite, which is not part of this repository.

    python tests/csl_suite.py FOLDER [-v] [NAME...]

FOLDER holds the suite's `*.txt` fixtures, anywhere below it. Every fixture is run through
makebook's own engine, by the sections that the suite documents: MODE (`citation`, `bibliography`),
CSL, INPUT, INPUT2, CITATION-ITEMS, CITATIONS, BIBENTRIES, BIBSECTION, ABBREVIATIONS. No fixture is
skipped; a mode or a style that makebook lacks is a failure. With NAME, only the fixtures whose
names contain it are run; with `-v`, the failures are listed with what was expected and what was
printed. The last line is the result: `740 of 845`.

The suite expects citeproc-js's HTML. The same marked text that makebook converts to XHTML is
converted to that HTML here, without links; then both sides are normalized in three ways only: HTML
entities become characters, runs of spaces become one space, and spaces beside a `div` or at the
end of a line are dropped. Lines of CITATIONS begin with `>>[0]` or `..[0]`, for what changed in the
last step; makebook formats all citations at once, so that only the number is compared.
"""

from __future__ import annotations

import html
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from press.core.model import Cite
from press.references.csl.clusters import render_note
from press.references.csl.disambiguate import disambiguate
from press.references.csl.engine import Engine, StyleError
from press.references.csl.markup import XHTML, Form, finish, to_xhtml
from press.references.csl.positions import Memory, Note, Placed

_SECTION = re.compile(r"^>>=+ *([A-Z0-9-]+) *=+(?:>>)?[ \t]*\n(.*?)^<<=+ *\1 *=+", re.M | re.S)
_NO_FORM = "[CSL STYLE ERROR: reference with no printed form.]"
Fixture = dict[str, str]
HTML: Form = {
    **XHTML,
    "sc": ('<span style="font-variant:small-caps;">', "</span>"),
    "u": ('<span style="text-decoration:underline;">', "</span>"),
    "upright": ('<span style="font-style:normal;">', "</span>"),
    "light": ('<span style="font-weight:normal;">', "</span>"),
    "caps": ('<span style="font-variant:normal;">', "</span>"),
    **{
        name: (f'<div class="csl-{name}">', "</div>")
        for name in ("block", "left-margin", "right-inline", "indent")
    },
}
"""The elements that other CSL processors print."""


def read(path: Path) -> Fixture:
    """Split a fixture into its sections."""
    text = path.read_text("utf-8-sig", errors="replace").replace("\r\n", "\n")
    return {name: body.strip("\n") for name, body in _SECTION.findall(text)}


def normalize(text: str) -> str:
    """Normalize what is not a matter of style: entities and white space."""
    text = html.unescape(text.replace("&lt;", "\ufdee").replace("&gt;", "\ufdef"))
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n")]
    text = "\n".join(line for line in lines if line)
    text = re.sub(r"^(?:>>|\.\.)(?=\[\d+\])", "", text, flags=re.M)
    return re.sub(r"\s*(</?div[^>]*>)\s*", r"\1", text)


def run(fixture: Fixture) -> str:
    """Return what makebook prints for a fixture, in the suite's HTML."""
    style = fixture["CSL"].strip()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "style.csl"
        path.write_text(style, "utf-8")
        locale = re.search(r"<style[^>]*default-locale=\"([^\"]+)\"", style)
        engine = Engine(path, locale[1] if locale else "en-US", numbers_entries=True)
    items = json.loads(fixture["INPUT"])
    for place, item in enumerate(items):
        item.setdefault("id", f"without-{place}")
    if "INPUT2" in fixture:
        items += json.loads(fixture["INPUT2"])
    abbreviations = json.loads(fixture.get("ABBREVIATIONS", "{}"))
    pool = {str(item["id"]): abbreviate(item, abbreviations) for item in items}
    steps = [Step(step) for step in json.loads(fixture.get("CITATIONS", "[]"))]
    keys: Sequence[str] = list(pool)
    if steps:
        steps = in_order(steps)
        keys = [cite["id"] for step in steps for cite in step.cites]
    if "BIBENTRIES" in fixture:
        keys = [str(key) for key in json.loads(fixture["BIBENTRIES"])[-1]]
    for key in dict.fromkeys(map(str, keys)):
        engine.add(key, pool[key])
    engine.sort()
    disambiguate(engine)
    if fixture["MODE"].strip() == "bibliography":
        notes = [step.note() for step in steps]
        render_notes(notes, engine)
        return bibliography(engine, pool, json.loads(fixture.get("BIBSECTION", "{}")))
    if fixture["MODE"].strip() != "citation":
        raise StyleError(f"the mode {fixture['MODE']} is not supported")
    if steps:
        texts = render_notes([step.note() for step in steps], engine)
        return "\n".join(f"[{i}] {shown(text, engine)}" for i, text in enumerate(texts))
    clusters = json.loads(fixture.get("CITATION-ITEMS", "null"))
    clusters = clusters or [[{"id": key} for key in pool]]
    texts = [render_notes([Step.of(cites).note()], engine)[0] for cites in clusters]
    return "\n".join(shown(text, engine) for text in texts)


def render_notes(notes: Iterable[Note], engine: Engine) -> list[str]:
    """Format citations in their order, as marked text; each begins a sentence if it is a note."""
    memory = Memory(engine.near_note_distance)
    alone = engine.for_notes
    return [render_note(note, engine, memory, alone=alone).text for note in notes]


class Step:
    """One citation, with its number as a note."""

    def __init__(self, step: Sequence[Any]) -> None:
        self.id = step[0].get("citationID")
        properties = step[0].get("properties", {})
        self.number = int(properties.get("noteIndex", 0))
        self.sorted = not properties.get("unsorted")
        self.cites: list[dict[str, Any]] = step[0]["citationItems"]
        self.before, self.after = [*step[1:3], [], []][:2]

    @classmethod
    def of(cls, cites: list[dict[str, Any]]) -> Step:
        """Return a citation of CITATION-ITEMS, which tell their positions themselves."""
        return cls([{"citationItems": cites}])

    def note(self) -> Note:
        """Return the citation as makebook's."""
        return Note(tuple(placed(cite) for cite in self.cites), self.number, not self.sorted)


def placed(cite: Mapping[str, Any]) -> Placed:
    """Return a cite as makebook's."""
    names = ("first", "subsequent", "ibid", "ibid-with-locator")
    locator = str(cite.get("locator", ""))
    made = Cite(
        str(cite["id"]),
        str(cite.get("prefix", "")),
        locator,
        str(cite.get("label") or "page") if locator else "",
        str(cite.get("suffix", "")),
        bool(cite.get("suppress-author")),
    )
    position = names[cite["position"]] if "position" in cite else ""
    return Placed(made, position, bool(cite.get("near-note")), bool(cite.get("author-only")))


def in_order(steps: list[Step]) -> list[Step]:
    """Return the citations as they stand after the last step, which lists those around its own."""
    if not all(step.id for step in steps):
        return steps
    known = {step.id: step for step in steps}
    last = steps[-1]
    out = []
    for name, number in [*last.before, (last.id, last.number), *last.after]:
        known[name].number = int(number)
        out.append(known[name])
    return out


def abbreviate(item: dict[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    """Add the short forms of an item's titles that the fixture's list has."""
    short = {}
    for name in ("title", "container-title"):
        form = lists.get("default", {}).get(name, {}).get(item.get(name))
        if form:
            short[f"{name}-short"] = form
    return {**item, **short}


def shown(text: str, engine: Engine) -> str:
    """Convert a citation to the suite's HTML."""
    return to_xhtml(finish(text, engine.finishing), form=HTML) or _NO_FORM


def bibliography(engine: Engine, pool: Mapping[str, Any], section: Mapping[str, Any]) -> str:
    """Convert the bibliography to the suite's HTML."""
    lines = ['<div class="csl-bib-body">']
    for key, made in engine.rendered_entries():
        if chosen(pool[key], section):
            lines.append(f'<div class="csl-entry">{shown(made.text, engine)}</div>')
    return "\n".join([*lines, "</div>"])


def chosen(item: Mapping[str, Any], section: Mapping[str, Any]) -> bool:
    """Return whether a section of the bibliography (BIBSECTION) has an item."""

    def has(test: Mapping[str, Any]) -> bool:
        field, value = item.get(test["field"], ""), test["value"]
        return value in field if isinstance(field, list) else str(field) == value

    if "include" in section and not any(map(has, section["include"])):
        return False
    if "select" in section and not all(map(has, section["select"])):
        return False
    if "exclude" in section and any(map(has, section["exclude"])):
        return False
    return not ("quash" in section and all(map(has, section["quash"])))


def results(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Run the fixtures; yield the name, what was expected, and what was printed."""
    for path in sorted(folder.rglob("*.txt")):
        fixture = read(path)
        if not {"MODE", "RESULT", "CSL", "INPUT"} <= fixture.keys():
            continue
        if names and not any(name in path.stem for name in names):
            continue
        try:
            printed = run(fixture)
        except Exception as error:  # every failure of a fixture is counted
            if "--raise" in sys.argv:
                raise
            printed = f"{type(error).__name__}: {error}"
        yield path.stem, normalize(fixture["RESULT"]), normalize(printed)


def main(arguments: Sequence[str]) -> int:
    """Run the suite, and print the failures and the number of fixtures that are right."""
    words = [word for word in arguments if not word.startswith("-")]
    if not words:
        print(__doc__)
        return 2
    right = total = 0
    for name, expected, printed in results(Path(words[0]), words[1:]):
        total += 1
        right += expected == printed
        if expected != printed:
            print(f"wrong: {name}")
            if "-v" in arguments:
                print(f"  expected: {expected!r}\n  printed:  {printed!r}")
    print(f"{right} of {total}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
