"""Problems: everything that can go wrong, in words that help an author fix it.

In: nothing. Out: `Span`, `Problem`, the table of codes, and the exceptions.
This module must not know any other module of the program, and it prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from press.core.records import dataclass

Severity = Literal["error", "warning", "note"]
NameKind = Literal["article", "edition", "imprint", "group"]
ERROR: Final = "error"
WARNING: Final = "warning"
NOTE: Final = "note"
"""makebook did the right thing and says what it did; `--strict` accepts it."""

CODES: dict[str, tuple[Severity, str]] = {
    # code: (severity, what it is about)
    "CFG001": (ERROR, "no makebook.toml"),
    "CFG002": (ERROR, "a configuration file that is not valid TOML"),
    "CFG003": (ERROR, "an unknown key in a configuration file"),
    "CFG004": (ERROR, "an invalid value in a configuration file"),
    "CFG005": (ERROR, "an edition that does not exist"),
    "CFG006": (ERROR, "no article, or an article that does not exist"),
    "CFG007": (ERROR, "an article or collection whose files would replace others"),
    "CFG008": (ERROR, "an imprint that does not exist"),
    "COL001": (ERROR, "a collection that cannot be bound"),
    "TXT001": (ERROR, "a file that is not UTF-8"),
    "TXT002": (ERROR, "a file or folder that cannot be read"),
    "TXT003": (WARNING, "a control character; it is left out"),
    "TXT004": (ERROR, "an empty article"),
    "TXT005": (WARNING, "a heading that skips a level"),
    "TXT006": (ERROR, "a note that nothing refers to"),
    "TXT008": (ERROR, "a note that is defined twice"),
    "TXT007": (ERROR, "a character that is not in any font"),
    "TXT013": (NOTE, "a font of this system, used for characters that the built-in fonts lack"),
    "TXT009": (ERROR, "a table row with more cells than the table has columns"),
    "TXT010": (NOTE, "marks pasted from another program, which are read as a list"),
    "TXT011": (WARNING, "markup that cannot be read, and is printed as it is"),
    "TXT012": (WARNING, "a class that has no meaning"),
    "TXT015": (ERROR, "a note in words of an image that are not a caption"),
    "FRM001": (WARNING, "an unknown key in the front matter"),
    "FRM002": (ERROR, "front matter that is not valid YAML"),
    "FRM003": (ERROR, "an invalid value in the front matter"),
    "FRM004": (ERROR, "no title"),
    "FRM005": (WARNING, "a language into which makebook's labels are not translated"),
    "FRM006": (WARNING, "an identifier that another article also has"),
    "FRM007": (WARNING, "keys in the front matter that have no effect here"),
    "FRM008": (WARNING, "an interval for the next review, without a date to count from"),
    "FRM009": (WARNING, "a date that means the day of the build"),
    "FRM010": (WARNING, "an article marked as a draft, which is built all the same"),
    "FRM011": (NOTE, "a withdrawn article, which is not built"),
    "HTM001": (ERROR, "an HTML element that is not allowed in a handout"),
    "HTM002": (WARNING, "an HTML attribute that has no effect"),
    "HTM003": (ERROR, "a citation inside HTML, where citations are not read"),
    "HTM004": (ERROR, "words in angle brackets that would not be printed"),
    "IMG001": (ERROR, "an image that was not found"),
    "IMG002": (ERROR, "an image without alternative text"),
    "IMG003": (ERROR, "an image outside the project"),
    "IMG004": (ERROR, "an image that is damaged, unsafe, or in an unsupported format"),
    "IMG005": (ERROR, "an image on the web"),
    "IMG006": (WARNING, "a width or height of an image that is not valid; it has no effect"),
    "IMG007": (NOTE, "an image with several frames or pages, of which the first is used"),
    "IMG008": (NOTE, "an image that was converted"),
    "IMG009": (ERROR, "a drawing with text that cannot be printed as it is drawn"),
    "LNK001": (ERROR, "a link to an id or a note that does not exist"),
    "LNK002": (ERROR, "an unsafe link"),
    "LNK003": (ERROR, "an id that is used twice"),
    "MTH001": (ERROR, "a formula that cannot be read"),
    "MTH002": (WARNING, "a formula that is not closed"),
    "REF001": (ERROR, "a key that is both an id of the article and in a bibliography"),
    "REF002": (ERROR, "a cross-reference to something without a number or a title"),
    "REF003": (ERROR, "a cross-reference that cannot be read"),
    "LNK004": (ERROR, "a link to an article or a file that does not exist"),
    "LNK005": (ERROR, "a link to a part of another article that does not exist"),
    "LNK006": (ERROR, "a link to a file that cannot be published with the handout"),
    "FET001": (ERROR, "a web address from which pictures are not fetched"),
    "FET002": (ERROR, "a picture that could not be downloaded"),
    "FET003": (ERROR, "a downloaded file that is not a picture, or has no place in the article"),
    "CIT001": (ERROR, "a citation key that is not in any bibliography"),
    "CIT002": (WARNING, "a bibliography entry that no article cites"),
    "CIT003": (ERROR, "a bibliography file or entry that cannot be read"),
    "CIT004": (ERROR, "a citation style that was not found or cannot be read"),
    "CIT005": (ERROR, "two bibliography entries with the same key"),
    "CIT006": (WARNING, "a DOI, PMID, or PMCID that is not valid"),
    "CIT007": (ERROR, "a bibliography entry without a field that readers need to find it"),
    "CIT010": (WARNING, "cited entries that lack a part which the citation style prints"),
    "CIT011": (WARNING, "one work that is in the bibliography under two keys"),
    "CIT012": (WARNING, "a cited work that was retracted or corrected"),
    "CIT013": (WARNING, "a part of a bibliography entry that is not printed"),
    "CIT014": (ERROR, "a DOI or PMID that cannot be looked up"),
    "CIT015": (ERROR, "a bibliography to which no entry can be added"),
    "NOT001": (ERROR, "a notice, required or placed by hand, that has no file"),
    "NOT002": (ERROR, "a notice placed by hand where it is not allowed, or twice"),
    "NOT003": (ERROR, "a notice without text for the language or jurisdiction"),
    "NOT004": (ERROR, "a notice file with an error"),
    "NOT005": (ERROR, "a notice that cannot be placed"),
    "NOT006": (WARNING, "a topic that looks misspelled"),
    "NOT007": (ERROR, "a notice that prints a field which the front matter lacks"),
    "WRD001": (ERROR, "a placeholder with an unknown name"),
    "WRD002": (ERROR, "a placeholder that has no value here"),
    "WRD003": (WARNING, "text that looks like a placeholder but is not a valid one"),
    "DUE001": (WARNING, "a review that is due"),
    "DUE002": (WARNING, "a verified date that is too old"),
    "NEW001": (ERROR, "a new file or folder that already exists"),
    "IMP001": (ERROR, "a kind of file that cannot be imported"),
    "IMP002": (ERROR, "a document that is damaged, unsafe, or too large to import"),
    "IMP003": (WARNING, "a part of a document that was not understood; it is marked in the text"),
    "IMP004": (NOTE, "what import recognized by its look, or left out on purpose"),
    "REC001": (ERROR, "a handout that cannot be recorded, because it is not published and current"),
    "PKT001": (ERROR, "a handout that cannot be put into a packet"),
    "PKT002": (ERROR, "a note or a checklist that does not fit on the cover sheet of a packet"),
    "SPK001": (ERROR, "a file that cannot be read aloud"),
    "DIF001": (ERROR, "an old file from which no identity can be read"),
    "STY001": (ERROR, "a style, template, or font that is missing"),
    "STY002": (ERROR, "a style that uses an undefined token"),
    "STY005": (WARNING, "a token or a rule in tokens.css that has no effect"),
    "STY003": (ERROR, "a template that cannot be filled"),
    "STY006": (ERROR, "a style or a template that would load something, or run a program"),
    "STY007": (ERROR, "a style with a value, a count, or a depth beyond its limit"),
    "STY008": (ERROR, "a font that is damaged"),
    "TYP001": (ERROR, "type below the minimum size for its edition"),
    "TYP002": (WARNING, "body lines that are too long or too short to read easily"),
    "TYP003": (ERROR, "italics in large print"),
    "TYP004": (ERROR, "line spacing below the minimum"),
    "SHT001": (ERROR, "an edition of one sheet that does not fit on two sides"),
    "SHT002": (ERROR, "an edition of one sheet, asked for by name, without anything to print"),
    "SHT003": (NOTE, "an article without a sheet, because nothing in it is marked"),
    "SHT004": (ERROR, "an id for the sheet that the article does not have"),
    "STY004": (ERROR, "text with too little contrast, or a background that is too dark"),
    "PDF001": (ERROR, "a warning from the layout engine"),
    "PRF001": (ERROR, "text that is missing or not visible in a finished file"),
    "PRF002": (ERROR, "a page without its short disclaimer or page number"),
    "PRF003": (ERROR, "an internal link that leads nowhere in a finished file"),
    "PRF004": (ERROR, "a page-list that does not match the pages of the PDF"),
    "PRF005": (ERROR, "a finished file that cannot be opened, or a page that loads other files"),
    "PRF006": (ERROR, "text that a finished file has in another form than the article"),
    "OUT001": (WARNING, "an output file that the project no longer makes"),
    "OUT002": (WARNING, "a manifest.json that cannot be read"),
    "OUT003": (WARNING, "a file for an imprint that may be out of date, and in no group"),
    "CCH001": (WARNING, "a cache that cannot be read or written"),
    "CCH002": (NOTE, "a damaged file in the cache"),
    "LIM001": (ERROR, "an article that takes more time or memory than it may"),
    "LIM002": (ERROR, "a file that a command took more time or memory for than it may"),
    "BUG001": (ERROR, "a fault of makebook itself"),
    "SYS001": (ERROR, "a missing library or an invalid setting on this machine"),
    "SYS002": (ERROR, "a file or folder that cannot be written or removed"),
    "SYS003": (ERROR, "a build process that was killed"),
    "SYS004": (ERROR, "a port that is not available"),
    "SYS005": (ERROR, "a scheduler that cannot be reached, or whose machines differ from this one"),
}
"""Every code that the program can print. The meaning of a code never changes."""
OF_ONE_EDITION = frozenset({"SHT001", "SHT002"})
"""The errors that keep one edition from being published, and no other file of the article."""


@dataclass(frozen=True, order=True)
class Span:
    """A location in an author's file: 1-based line and column, 0 if unknown.

    `path` is relative to the project, with forward slashes.
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = [self.path]
        if self.line:
            place.append(str(self.line))
            if self.column:
                place.append(str(self.column))
        return ":".join(place)


@dataclass(frozen=True)
class Problem:
    """One thing to fix: a stable code, a location, a message that quotes the value, and a hint."""

    code: str
    span: Span
    message: str
    hint: str = ""

    @property
    def severity(self) -> Severity:
        """`error`, `warning`, or `note`, from the table of codes."""
        return CODES[self.code][0]

    def __str__(self) -> str:
        line = visible(f"{self.span}: {self.severity} {self.code}: {self.message}")
        return f"{line}\n    hint: {visible(self.hint)}" if self.hint else line


def visible(text: str) -> str:
    """Return text on one line, with control characters and marks of direction escaped."""
    if text.isprintable():
        return text
    # Python calls these two spaces unprintable, but they are safe and common in text.
    return "".join(
        c if c.isprintable() or c in "\u00a0\u202f" else c.encode("unicode_escape").decode()
        for c in text
    )


class Refused(Exception):
    """A request that cannot be carried out, with a message and a hint, which may be empty."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = message, hint
        super().__init__(message, hint)

    def __str__(self) -> str:
        return self.message


class UnknownName(Refused):
    """A name that the project does not have.

    `name` is empty if the project has none.
    """

    def __init__(self, kind: NameKind, name: str, hint: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(
            f"there is no {kind} '{name}'" if name else f"the project has no {kind}", hint
        )

    def __reduce__(self) -> tuple[type, tuple[NameKind, str, str]]:
        # Exceptions travel between processes; the default would call __init__ with `args`.
        return type(self), (self.kind, self.name, self.hint)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 page`, `2 pages`; `many` is the plural of `one`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def on_lines(lines: Iterable[int]) -> str:
    """Return the end of a message about several places: ` (also on lines 4, 9, and 12)`.

    `lines` are those after the first, which the location names. Empty if there are none.
    """
    also = [str(line) for line in sorted(set(lines))]
    if len(also) > 2:
        also = [", ".join(also[:-1]) + ",", also[-1]]
    return (
        f" (also on {'line' if len(also) == 1 else 'lines'} {' and '.join(also)})" if also else ""
    )


class ProblemsError(Exception):
    """The work cannot continue; carries every problem found so far."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type, tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)
