"""Imprints: a clinic's own name, colors, contact details, country, and notices.

In: a file of `source/imprints/`, and the notices in the folder of the same name. Out: an `Imprint`,
or problems. An imprint can add notices but never hide one. This module must not know any article's
text, nor any renderer.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from press.core.files import RESERVED_FOLDERS, listed, shown
from press.core.model import ContactBox, Image, Imprint, Manuscript, Notice, Project
from press.core.problems import ERROR, Problem, Span
from press.design.color import check_tokens, parse_hex, to_hex
from press.design.styles import Styles
from press.source.images import read_image
from press.source.notices import read_files, scope, unused
from press.source.placeholders import CLINIC
from press.source.settings import Settings, is_web, line_of, read_toml

LOGO = "imprint:"
"""The prefix of a logo's name in a Document; no image of an article can have it (IMG003)."""

KEYS = (
    "lang", "jurisdiction", "address", "editions", "contact", "clinic", "logo", "colours",
    "colors",
)  # fmt: skip
_COLORS = ("accent", "tint")
_CONTACT: dict[str, ContactBox] = {"filled": "filled", "lines": "lines"}
_LONGEST = 200  # characters of one line in a clinic's contact box


def read_imprint(name: str, project: Project, problems: list[Problem]) -> Imprint | None:
    """Read the imprint of that name; return None if it has any error.

    Problems: CFG002 to CFG005, IMG001 to IMG004, NOT004, STY004, TXT011, and those of any text
    file.
    """
    path = project.root / "source" / "imprints" / f"{name}.toml"
    file = shown(path, project.root)
    before = len(problems)
    content = read_toml(path, file, problems)
    if content is None:
        return None
    text, table = content
    reader = _ImprintReader(Settings(text, file, table, problems), path, project)
    imprint = reader.imprint()
    reader.check_name(name)
    reader.check_colors(imprint, Styles(project.root))
    lang = imprint.lang or project.config.lang
    imprint = replace(imprint, notices=_notices(path, project, lang, problems))
    return None if any(p.severity == ERROR for p in problems[before:]) else imprint


def for_readers(manuscript: Manuscript, imprint: Imprint | None) -> Manuscript:
    """Return the article in the imprint's variant of its language, if both share a language.

    An article in `en-US` becomes one in `en-GB`: its dates are spelled that way, and the notices
    for `en-GB` are chosen. An article in another language or script is unchanged, and so is one
    whose language tag is more specific than the imprint's.
    """
    if not imprint or not imprint.lang:
        return manuscript
    lang, wanted = manuscript.matter.lang, imprint.lang
    if lang.startswith(f"{wanted}-"):
        return manuscript
    script = re.match(r"[A-Za-z]+-([A-Za-z]{4})(-|\Z)", lang)
    if _primary(lang) != _primary(wanted) or (script and script[1] not in wanted.split("-")):
        return manuscript
    return replace(manuscript, matter=replace(manuscript.matter, lang=wanted))


def jurisdiction_place(imprint: Imprint | None) -> Span | None:
    """Return where an imprint sets its jurisdiction; None if it keeps the project's."""
    if not imprint or not imprint.jurisdiction:
        return None
    line = imprint.lines.get("jurisdiction", imprint.lines.get("lang", 1))
    return Span(imprint.file, line, 1)


def source_paths(imprint: Imprint, root: Path) -> list[Path]:
    """List the files of an imprint: its TOML file, its logo, and its notices."""
    paths = [root / imprint.file, *(root / notice.file for notice in imprint.notices)]
    if imprint.logo:
        paths.append((root / imprint.file).parent / imprint.logo.name.removeprefix(LOGO))
    return paths


def _primary(lang: str) -> str:
    return lang.partition("-")[0].lower()


def _notices(
    path: Path, project: Project, lang: str, problems: list[Problem]
) -> tuple[Notice, ...]:
    """Read the notices of an imprint.

    Problem NOT004: the project has a notice with that id, or two files have the same scope.
    """
    files = listed(path.with_suffix(""), "*.md")
    notices = read_files(files, project.root, lang, problems)
    others = read_files(project.notice_files if files else (), project.root, lang, [])
    taken = {notice.id: notice.file for notice in others}
    seen: dict[tuple[object, ...], str] = {}
    for n in notices:
        first = taken.get(n.id)
        message = f"notice '{n.id}' is already in {first}; an imprint cannot replace a notice"
        if first is None:
            first = seen.setdefault(scope(n), n.file)
            message = unused(n, first)
        if first != n.file:
            span = Span(n.file, n.lines.get("id", 1), 1)
            problems.append(Problem("NOT004", span, message, "give it another id"))
    return notices


class _ImprintReader:
    """A reader of one imprint's file."""

    def __init__(self, settings: Settings, path: Path, project: Project) -> None:
        self.settings = settings
        self.path = path
        self.project = project
        tables = ("clinic", "logo", "colours", "colors")
        self.tables: dict[str, dict[str, Any]] = {name: settings.table_of(name) for name in tables}

    def imprint(self) -> Imprint:
        """Read the file into an `Imprint`; report each invalid value."""
        settings = self.settings
        settings.known(settings.table, KEYS)
        lang = settings.lang("")
        known = self.project.config.known_editions
        logo, alt = self.logo()
        return Imprint(
            name=self.path.stem,
            file=settings.file,
            clinic=self.clinic(),
            contact=self.contact(),
            logo=logo,
            logo_alt=alt,
            colors=self.colors(),
            lang=lang,
            jurisdiction=settings.jurisdiction(lang),
            address=settings.address(),
            editions=settings.choose(settings.list_of(settings.table, "editions"), known),
            lines=self.lines(),
        )

    def lines(self) -> dict[str, int]:
        """Find the line of each key, and of each `table.key`."""
        lines = {}
        for key, value in self.settings.table.items():
            lines[key] = line_of(self.settings.text, key)
            if isinstance(value, dict):
                inner = {f"{key}.{name}": line_of(self.settings.text, name, key) for name in value}
                lines.update(inner)
        return lines

    def check_name(self, name: str) -> None:
        """Check that the imprint's name can be the name of its output folder."""
        span, hint = Span(self.settings.file, 1, 1), "rename the file"
        problems = self.settings.problems
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            hint = "rename the file; use letters a to z, digits, and hyphens: it names a folder"
            message = f"'{name}' is not a valid name for an imprint"
            problems.append(Problem("CFG004", span, message, hint))
        elif name.lower() in RESERVED_FOLDERS:
            message = f"an imprint cannot be named '{name}': the name is reserved"
            problems.append(Problem("CFG004", span, message, hint))
        for path in self.project.imprint_files:
            if path.stem != name and path.stem.lower() == name.lower():
                message = f"'{name}' and '{path.stem}' would share a folder on many computers"
                problems.append(Problem("CFG004", span, message, hint))

    def texts(
        self, key: str, keys: tuple[str, ...], printed: tuple[str, ...] = ()
    ) -> dict[str, str]:
        """Read the text values of a table that are given, each as one line.

        Problems: CFG004; TXT011 in those that are printed.
        """
        given = self.tables[key]
        self.settings.known(given, keys, key)
        texts = {}
        for name, value in ((name, given[name]) for name in keys if name in given):
            if not isinstance(value, str):
                hint = f'write {name} = "…"'
                self.settings.bad("CFG004", name, f"'{name}' must be text in quotes", hint, key)
                continue
            line = " ".join(value.split())
            if len(line) > _LONGEST or not line.isprintable():
                message = f"'{name}' is too long or contains characters that cannot be printed"
                self.settings.bad(
                    "CFG004", name, message, f"write at most {_LONGEST} printable characters", key
                )
            elif line:
                texts[name] = line
            if name in printed:
                self.settings.plain(name, value, f"'{name}'", key)
        return texts

    def blank(self, table: str, key: str) -> bool:
        """Return whether a key of a table is absent or blank."""
        return not str(self.tables[table].get(key, "")).strip()

    def clinic(self) -> dict[str, str]:
        """Read the clinic's details by name.

        Problem CFG004: the name is missing, or the telephone number or web address is invalid.
        """
        bad = self.settings.bad
        clinic = self.texts("clinic", CLINIC, printed=CLINIC)
        if self.blank("clinic", "name") and isinstance(self.settings.table.get("clinic", {}), dict):
            hint = 'write [clinic] and, below it, name = "…"'
            bad("CFG004", "clinic", "the imprint has no clinic name", hint)
        telephone, web = clinic.get("telephone"), clinic.get("web")
        if telephone and not re.search(r"\d", telephone):
            hint = 'write telephone = "(555) 555-0100", or leave it out to print a blank line'
            message = f"'{telephone}' is not a valid telephone number"
            bad("CFG004", "telephone", message, hint, "clinic")
        if web and not is_web(web):
            hint = 'write web = "https://example.org"'
            bad("CFG004", "web", f"'{web}' is not a valid web address", hint, "clinic")
        return clinic

    def contact(self) -> ContactBox:
        """Read the kind of contact box, `filled` or `lines`. Problem CFG004: any other value."""
        contact = self.settings.text_of("contact", "filled")
        if contact in _CONTACT:
            return _CONTACT[contact]
        hint = 'write contact = "filled", or "lines" to print blank lines'
        message = f"'{contact}' is not a valid kind of contact box"
        self.settings.bad("CFG004", "contact", message, hint)
        return "filled"

    def logo(self) -> tuple[Image | None, str]:
        """Read the logo and its alternative text. Problems: IMG001 to IMG004."""
        settings = self.settings
        logo = self.texts("logo", ("file", "alt"), printed=("alt",))
        name, alt = logo.get("file", ""), logo.get("alt", "")
        if not self.tables["logo"]:
            return None, ""
        if self.blank("logo", "alt"):
            hint = 'describe the logo in a few words: alt = "…"'
            settings.bad("IMG002", "logo", "the logo has no alternative text", hint)
        if not name:
            if self.blank("logo", "file"):
                hint = 'write file = "…" under [logo]: an SVG or PNG in the folder of this file'
                settings.bad("IMG001", "logo", "[logo] has no file", hint)
            return None, alt
        place = settings.span("file", "logo")
        found = read_image(name, self.path.parent, place, settings.problems)
        if found and found.media_type not in ("image/svg+xml", "image/png"):
            message = f"logo '{name}' is neither SVG nor PNG"
            settings.bad("IMG004", "file", message, "save it again as SVG or PNG", "logo")
        # On a dark page, the styles put white behind a logo, whose colors must stay as they are.
        return found and replace(found, name=f"{LOGO}{name}", file="", ground="own"), alt

    def colors(self) -> dict[str, str]:
        """Read the colors as `#rrggbb`. Problem CFG004: a value is not a color."""
        settings = self.settings
        colors = {}
        for key in ("colours", "colors"):
            for name, value in self.texts(key, _COLORS).items():
                if rgb := parse_hex(value):
                    colors[name] = to_hex(rgb)
                    continue
                hint = f'write {name} = "#0d4a6b", for example: a # and six hexadecimal digits'
                settings.bad("CFG004", name, f"'{value}' is not a valid color", hint, key)
        return colors

    def check_colors(self, imprint: Imprint, styles: Styles) -> None:
        """Check their contrast with the colors of the project's own styles."""
        own = {f"--{name}": value for name, value in imprint.colors.items()}
        if not own:
            return
        key = "colours" if "colours" in self.settings.table else "colors"

        def where(token: str) -> Span:
            name = token if token in own else next(iter(own))
            return self.settings.span(name.removeprefix("--"), key)

        check_tokens({**styles.tokens, **own}, where, self.settings.problems, tuple(own))
