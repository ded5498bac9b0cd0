"""One document into one article: reads it, writes it, and says what to look at.

In: a file and a project. Out: `source/NAME.md`, its pictures in `source/images/`, and problems.
All files of an article are written, or none. Must not know how a handout is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from press.core.files import read_given
from press.core.model import Project
from press.core.problems import Problem, ProblemsError, Span, counted
from press.core.system import program, quoted
from press.importing.draft import Draft, Unreadable, mark, paragraph
from press.importing.office import LIBREOFFICE, PANDOC, as_word
from press.importing.paste import read_text
from press.importing.pictures import place_pictures
from press.importing.references import link_references, take_notes
from press.importing.shape import lift_loose_text, regular
from press.importing.web import read_page, text_of
from press.importing.word import read_word
from press.importing.writer import Written, write
from press.setup.new import add_files, new_name, proper_name
from press.source.front_matter import split
from press.source.project import read_project

_OFFICE = frozenset((*PANDOC, *LIBREOFFICE))
_READERS: dict[str, Callable[[Path], Draft]] = {
    ".docx": lambda path: read_word(read_given(path)),
    ".html": lambda path: read_page(_text(path), path.parent),
    ".txt": lambda path: read_text(_text(path)),
}
_LARGEST_TEXT = 32 * 2**20  # bytes; a web page may have its pictures inside
_LARGEST_ARTICLE = 2_000_000  # bytes; `source.manuscript` reads no larger one
_ALIKE = {".htm": ".html", ".xhtml": ".html", ".text": ".txt", "": ".txt"}
"""Other endings of the same kinds; `core.files.IMPORTED` lists all."""


def import_file(path: Path, root: Path, shown_root: Path) -> tuple[list[str], list[Problem]]:
    """Make an article of a document.

    Returns the lines to print, and what the author should look at.

    Raises:
        BadName: the article would share file names with another.
        ProblemsError: there is no project (CFG001), the article already exists (NEW001), the kind
            of file is not known (IMP001), it cannot be read (IMP002), a program is missing
            (SYS001), or a file cannot be written (SYS002).
    """
    project = read_project(root, [])
    shown = path.as_posix()
    draft_of = _reader(path, shown)
    name = new_name(project, proper_name(path.stem))
    try:
        problems, files = _article(draft_of(path), name, path.stem, project)
    except (Unreadable, ValueError) as error:
        hint = error.hint if isinstance(error, Unreadable) else "check the file's name"
        problem = Problem("IMP002", Span(shown), f"cannot be imported: {error}", hint)
        raise ProblemsError([problem]) from None
    add_files(root, files)
    where = "" if root.samefile(Path()) else f" --project {quoted(shown_root)}"
    lines = [f"created {(shown_root / file).as_posix()}" for file in files]
    return [*lines, f"next: {program()} {name}{where}"], problems


def _text(path: Path) -> str:
    data = read_given(path)
    if len(data) > _LARGEST_TEXT:
        limit = f"{_LARGEST_TEXT // 2**20} MB"
        raise Unreadable(f"it is larger than {limit}", "split the document")
    return text_of(data)


def _reader(path: Path, shown: str) -> Callable[[Path], Draft]:
    """Return the function that reads a file, by the ending of its name."""
    ending = path.suffix.lower()
    ending = _ALIKE.get(ending, ending)
    if ending in _READERS:
        return _READERS[ending]
    if ending in _OFFICE:
        return lambda path: _read_office(path, shown)
    hint = "save it as .docx, .html, or .txt, and import that"
    message = f"'{ending}' files cannot be imported"
    if ending in (".md", ".markdown", ".qmd", ".rmd"):
        message, hint = f"a '{ending}' file is Markdown already", "copy it to source/, as NAME.md"
    raise ProblemsError([Problem("IMP001", Span(shown), message, hint)])


def _read_office(path: Path, shown: str) -> Draft:
    """Read a file by way of another program."""
    data = read_given(path)
    word, program_used = as_word(path, shown)
    draft = read_word(word)
    if program_used == "Pandoc" and path.suffix.lower() == ".rtf" and b"\\footnote" in data:
        said = "Pandoc leaves out the notes of .rtf files: import it where LibreOffice is installed"
        paragraph(draft.body, mark(said))
    return draft


def _article(
    draft: Draft, name: str, stem: str, project: Project
) -> tuple[list[Problem], dict[str, bytes]]:
    """Return the problems, and the files to write by their paths in the project."""
    lift_loose_text(draft.body)
    draft.notes = take_notes(draft.body)
    linked = link_references(draft.body)
    regular(draft, " ".join(stem.replace("-", " ").replace("_", " ").split()).capitalize())
    files = place_pictures(draft, name, project.root / "source")
    head = _front_matter(draft, name, project)
    written = write(draft, head.count("\n") + 1)
    if not re.sub(r"<!--.*?-->|<(?!img)[^>]*>|\s", "", written.text):
        raise Unreadable("it has no text", "check that it is the right file")
    file = f"source/{name}.md"
    problems = _to_look_at(written, file)
    if linked:
        draft.said.append(f"numbers in the text are now links to {counted(linked, 'reference')}")
    problems += [
        Problem("IMP004", Span(file), said, "read the article before you publish it")
        for said in dict.fromkeys(draft.said)
    ]
    article = (head + written.text).encode()
    if len(article) > _LARGEST_ARTICLE:
        limit = f"{_LARGEST_ARTICLE / 1_000_000:g} MB"
        raise Unreadable(f"its text is larger than {limit}", "split the document")
    return problems, {file: article, **{f"source/{name}": data for name, data in files.items()}}


def _front_matter(draft: Draft, name: str, project: Project) -> str:
    title = json.dumps(" ".join(draft.title.split()) or name, ensure_ascii=False)
    lines = ["---", f"title: {title}"]
    if draft.subtitle:
        lines.append(f"subtitle: {json.dumps(draft.subtitle, ensure_ascii=False)}")
    if draft.lang and draft.lang.partition("-")[0] != project.config.lang.partition("-")[0]:
        lines.append(f"lang: {json.dumps(draft.lang)}")
    return "\n".join([*lines, f"identifier: {_identifier(name, project)}", "---", "", ""])


def _identifier(name: str, project: Project) -> str:
    """Return an identifier that no article of the project has."""
    taken = set()
    for path in project.articles:
        text = path.read_text(encoding="utf-8", errors="replace")
        taken.add(str(split(text, path.name, [])[0].values.get("identifier", "")).casefold())
    made, number = name.upper(), 1
    while made.casefold() in taken:
        number += 1
        made = f"{name.upper()}-{number}"
    return made


def _to_look_at(written: Written, file: str) -> list[Problem]:
    """Return a problem for each mark, and one for each kind of guess."""
    hint = "see the comment there, correct the text, and delete the comment"
    problems = [Problem("IMP003", Span(file, line), said, hint) for line, said in written.marks]
    for guess, lines in written.guesses.items():
        shown = ", ".join(map(str, lines[:20])) + (", …" if len(lines) > 20 else "")
        where = f"on {'line' if len(lines) == 1 else 'lines'} {shown}"
        message = f"{guess} was recognized by its look {where}"
        check = "check that it is one, and correct the others"
        problems.append(Problem("IMP004", Span(file, lines[0]), message, check))
    return problems
