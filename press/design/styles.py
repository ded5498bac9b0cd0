"""Styles, templates, and fonts: a project's file overrides the default of the same name.

In: a project's folder. Out: CSS with its tokens filled in, finished templates, font files.
This module must not know articles or formats.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from press.core.files import check_file, default_folder, files_below, read_text
from press.core.model import Edition, Imprint
from press.core.nearest import nearest
from press.core.problems import Problem, ProblemsError, Span, counted
from press.design import active, css, fonts, svg
from press.design.templates import NotFound, Templates

VAR = re.compile(r"var\(\s*(--[\w-]+)\s*\)")
_TOKEN = re.compile(r"(?<![\w-])(--[\w-]++)\s*+:\s*+([^;]*)(?:;|\Z)")
_ROOT = re.compile(r":root\s*\{([^{}]*)\}")
_SMALLER = "use fewer and smaller values"
_EMBED = "put fonts in styles/fonts/, and embed a small picture as url(data:image/png;base64,…)"
_ON_PAPER = ("handout.html", "sheet.html", "cover.html", "packet.html")
"""The templates that only the layout engine reads, and that need not be well-formed."""
FALLBACK = "fonts/fallback/"
"""The folder of the fonts that are used only for characters that the others lack."""
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_ORIGIN = re.compile(r"^/\* in styles/(\S+) \*/$", re.M)
"""What `_marked` writes before each file."""


def _read(path: Path, name: str) -> str:
    problems: list[Problem] = []
    text = read_text(path, f"styles/{name}", problems)
    if text is None:
        raise ProblemsError(problems)
    if name.endswith(".css") and len(text) > css.LONGEST:
        message = f"the style has {counted(len(text), 'character')}; the maximum is {css.LONGEST}"
        raise ProblemsError([Problem("STY007", Span(f"styles/{name}", 1), message, _SMALLER)])
    return text


@lru_cache(64)
def _flaw(path: Path, _time: int, _size: int) -> str:
    """Return the flaw of a font, found once for the same file in the same state."""
    return fonts.flaw(path)


def _tokens_in(sheet: str) -> dict[str, str]:
    """Return the tokens that a style sheet defines in `:root`, each on one line."""
    blocks = _ROOT.findall(_COMMENT.sub("", sheet))
    return {n: " ".join(value.split()) for block in blocks for n, value in _TOKEN.findall(block)}


def place_in(sheet: str, line: int) -> Span:
    """Return the file and the line of a line in a style sheet that `Styles` returned."""
    marks = [m for m in _ORIGIN.finditer(sheet) if sheet.count("\n", 0, m.start()) + 1 < line]
    if not marks:
        return Span("styles")
    first = sheet.count("\n", 0, marks[-1].start()) + 1
    return Span(f"styles/{marks[-1][1]}", line - first)


class Styles:
    """The style sheets, templates, and fonts of one project."""

    def __init__(self, root: Path, colors: Mapping[str, str] | None = None) -> None:
        """`colors` are those of an imprint: names of tokens without hyphens, and their values."""
        self.colors = {f"--{name}": value for name, value in (colors or {}).items()}
        self._root = root
        own, default = root / "styles", default_folder()
        self.folders = [own] if own.resolve() == default.resolve() else [own, default]

    @classmethod
    def for_imprint(cls, root: Path, imprint: Imprint | None) -> Styles:
        """Return the styles of a project, in the colors of the imprint if there is one."""
        return cls(root, imprint.colors if imprint else {})

    def with_colors(self, colors: Mapping[str, str]) -> Styles:
        """Return these styles with more colors, which take precedence; names without hyphens."""
        given = {name.removeprefix("--"): value for name, value in self.colors.items()}
        return Styles(self._root, {**given, **colors})

    def find(self, name: str) -> Path:
        """Return the file with this name: the project's, else the default."""
        if path := self._first(name):
            return path
        message, hint = "the file is missing", "install makebook again, or restore the file"
        raise ProblemsError([Problem("STY001", Span(f"styles/{name}"), message, hint)])

    def _first(self, name: str) -> Path | None:
        return next((f / name for f in self.folders if (f / name).is_file()), None)

    def files(self) -> dict[str, Path]:
        """Return every file that can change the look, without the overridden defaults.

        They are sorted by their names, which are relative to the folder of the styles.
        """
        chosen: dict[str, Path] = {}
        for folder in reversed(self.folders):
            skip = len(str(folder)) + 1  # a new Path for each would cost more
            for path in files_below(folder):
                chosen[str(path)[skip:].replace(os.sep, "/")] = path
        return dict(sorted(chosen.items()))

    def fonts(self) -> list[Path]:
        """Return the font files, TrueType or OpenType, sorted by name, without the fallback.

        Raises:
            ProblemsError: a font cannot be read, or is outside the project (TXT002).
        """
        return list(self._fonts.values())

    @cached_property
    def _fonts(self) -> dict[str, Path]:
        files = {
            name: path
            for name, path in self.files().items()
            if name.lower().endswith((".ttf", ".otf")) and not name.startswith(FALLBACK)
        }
        self._check_fonts(files)
        return files

    def _check_fonts(self, files: Mapping[str, Path]) -> None:
        """Check font files, given by their names; the project's are opened, too.

        Raises:
            ProblemsError: a font cannot be read (TXT002), or is damaged (STY008).
        """
        problems: list[Problem] = []
        for font, path in files.items():
            name, before = f"styles/{font}", len(problems)
            check_file(path, name, problems, "font")
            if len(problems) == before and self._is_own(path):
                facts = path.stat()
                if flaw := _flaw(path, facts.st_mtime_ns, facts.st_size):
                    hint = "install the font again from its source, as TrueType or OpenType"
                    problems.append(Problem("STY008", Span(name), f"the font {flaw}", hint))
        if problems:
            raise ProblemsError(problems)

    def fallback(self, name: str) -> Path | None:
        """Return a file in the folder of fonts to fall back on; None if it is missing."""
        path = self._first(FALLBACK + name)
        if path and self._is_own(path):
            self._check_fonts({FALLBACK + name: path})
        return path

    @cached_property
    def tokens(self) -> dict[str, str]:
        """Return each token and its value; a project's file needs only the tokens it changes."""
        tokens: dict[str, str] = {}
        for folder in reversed(self.folders):
            if (folder / "tokens.css").is_file():
                found = _tokens_in(_read(folder / "tokens.css", "tokens.css"))
                tokens.update({name: value for name, value in found.items() if value})
        return {**tokens, **self.colors}

    def tokens_of(self, edition: Edition) -> dict[str, str]:
        """Return the tokens in an edition; its style sheets override the colors of an imprint."""
        tokens = dict(self.tokens)
        for name in self.sheets(edition):
            tokens.update(_tokens_in(_read(self.find(name), name)))
        return tokens

    def check(self, problems: list[Problem]) -> None:
        """Check a project's tokens.css; report STY005 for what has no effect there."""
        own, default = self.folders[0] / "tokens.css", self.folders[-1] / "tokens.css"
        if not own.is_file() or len(self.folders) == 1:
            return
        sheet = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), _read(own, "tokens.css"))
        known = _tokens_in(_read(default, "tokens.css"))
        sheets = [p for p in self.folders[0].rglob("*.css") if p != own]
        used = {n for path in sheets for n in VAR.findall(_read(path, path.name))}
        for name, value in _tokens_in(sheet).items():
            line = sheet.count("\n", 0, sheet.find(name)) + 1
            if name not in known and name not in used:
                message, hint = f"the token {name} is not used", nearest(name, known)
            elif not value.strip():
                message, hint = (
                    f"the token {name} has no value",
                    f"write {name}: {known.get(name)};",
                )
            else:
                continue
            problems.append(Problem("STY005", Span("styles/tokens.css", line), message, hint))
        rest = _ROOT.sub(lambda found: "\n" * found[0].count("\n"), sheet)
        if rest.strip():
            line = rest.count("\n", 0, len(rest) - len(rest.lstrip())) + 1
            message = "text outside ':root { … }' is ignored in tokens.css"
            hint = "close every bracket, and move rules to a style sheet such as print.css"
            problems.append(Problem("STY005", Span("styles/tokens.css", line), message, hint))

    def sheets(self, edition: Edition) -> list[str]:
        """Return the style sheets that an edition adds: for its kind, then for its name."""
        names = dict.fromkeys(f"editions/{name}.css" for name in (edition.kind, edition.name))
        return [name for name in names if any((folder / name).is_file() for folder in self.folders)]

    def print_css(self, edition: Edition, *more: str) -> str:
        """Return the CSS of a printed edition: `print.css`, the edition's style sheets, and more.

        Raises:
            ProblemsError: as for `css`.
        """
        tokens = self.tokens_of(edition)
        names = ("print.css", *self.sheets(edition), *more)
        return "\n".join(self._marked(name, tokens) for name in names)

    def css(self, name: str) -> str:
        """Return a style sheet with each `var(--token)` replaced, for readers without variables.

        Raises:
            ProblemsError: a token that is not defined (STY002), an address (STY006), or a value,
                a count, or a depth beyond its limit (STY007).
        """
        return self._filled(name, self.tokens)

    def marked_css(self, name: str) -> str:
        """Return the same as `css`, from which `place_in` finds files and lines."""
        return self._marked(name, self.tokens)

    def _marked(self, name: str, tokens: Mapping[str, str]) -> str:
        return f"/* in styles/{name} */\n{self._filled(name, tokens)}"

    def _filled(self, name: str, tokens: Mapping[str, str]) -> str:
        path = self.find(name)
        sheet = _read(path, name)
        for _ in range(8):
            uses = list(VAR.finditer(sheet))
            if not uses:
                break
            length = len(sheet)
            for found in uses:
                if found[1] not in tokens:
                    line = sheet.count("\n", 0, found.start()) + 1
                    message = f"the token {found[1]} is not defined"
                    hint = "define it in styles/tokens.css"
                    raise ProblemsError(
                        [Problem("STY002", Span(f"styles/{name}", line), message, hint)]
                    )
                length += len(tokens[found[1]])
            if length > css.LONGEST:
                message = "the tokens unfold to too much; each refers to others many times"
                span = Span("styles/tokens.css", 1)
                raise ProblemsError([Problem("STY007", span, message, _SMALLER)])
            sheet = VAR.sub(lambda use: tokens[use[1]], sheet)
        if self._is_own(path) or self._has_own_tokens:
            self._judge(name, sheet, own=self._is_own(path))
        return sheet

    def _is_own(self, path: Path) -> bool:
        """Return whether a file is the project's, and not a default."""
        return len(self.folders) > 1 and path.is_relative_to(self.folders[0])

    @cached_property
    def _has_own_tokens(self) -> bool:
        return len(self.folders) > 1 and (self.folders[0] / "tokens.css").is_file()

    def _wrong_token(self) -> Span:
        """Return where the project defines the first token that has a fault."""
        sheet = _read(self.folders[0] / "tokens.css", "tokens.css")
        for name, value in _tokens_in(sheet).items():
            if css.declaration_faults(f"{name}: {value}"):
                return Span("styles/tokens.css", sheet.count("\n", 0, sheet.find(name)) + 1)
        return Span("styles/tokens.css")

    def _judge(self, name: str, sheet: str, *, own: bool) -> None:
        """Refuse a style sheet that would load something, or whose values have no measure.

        In a built-in one, which is not the project's `own`, a token of the project is at fault.
        """
        found = [
            Problem(
                "STY006" if fault.loads else "STY007",
                Span(f"styles/{name}", fault.line) if own else self._wrong_token(),
                f"the style {fault.message}",
                _EMBED if fault.loads else _SMALLER,
            )
            for fault in css.faults(sheet, svg.is_safe_address, frozenset(self._fonts))
        ]
        if found:
            raise ProblemsError(dict.fromkeys(found))

    @cached_property
    def _templates(self) -> Templates:
        return Templates(self._template, own=not self.has_own_templates)

    def _template(self, name: str) -> tuple[str, str, None] | None:
        """Return a template's text and its path, as `templates.Finder` does."""
        if name.startswith(("/", "\\")) or ".." in name.split("/"):
            return None
        path = self._first(f"templates/{name}")
        return (_read(path, f"templates/{name}"), str(path), None) if path else None

    def fill(self, template: str, **values: Any) -> str:
        """Fill a template.

        Raises:
            ProblemsError: the template is missing or broken (STY003), or the project's own would
                load something or run a program (STY006).
        """
        try:
            text = self._templates.fill(template, values)
        except ProblemsError:
            raise
        except Exception as error:  # noqa: BLE001 - a template can fail in any way
            frames = traceback.extract_tb(error.__traceback__)
            places = [
                (Path(f.filename).name, f.lineno)
                for f in frames
                if Path(f.filename).parent.name == "templates"
            ]
            name, line = places[-1] if places else (template, 0)
            reason = getattr(error, "message", None) or str(error)
            if isinstance(error, NotFound):
                reason = f"there is no template '{error.name}'"
            span = Span(f"styles/templates/{name}", getattr(error, "lineno", None) or line or 0)
            message = f"the template cannot be filled: {reason}"
            hint = "compare it with the built-in template of the same name"
            raise ProblemsError([Problem("STY003", span, message, hint)]) from None
        if self.has_own_templates:
            self._judge_filled(template, text, values)
        return text

    @cached_property
    def has_own_templates(self) -> bool:
        """Return whether the project has templates in place of the default ones."""
        own = self.folders[0] / "templates"
        return len(self.folders) > 1 and own.is_dir()

    def _judge_filled(self, template: str, text: str, values: Mapping[str, Any]) -> None:
        """Refuse what a template was filled to if it would act or load something (STY006)."""
        own = [str(values.get(name, "")) for name in ("css", "script")]
        content = "".join(part for part in values.get("parts", ()) if isinstance(part, str))
        found = [
            Problem("STY006", self._place(template, harm.words), f"the template {harm.message}",
                    "remove it; compare the template with the built-in one of the same name")
            for harm in active.harms(text, own, content, loose=template in _ON_PAPER)
        ]  # fmt: skip
        if found:
            raise ProblemsError(dict.fromkeys(found))

    def _place(self, template: str, words: str) -> Span:
        """Return the first line of the project's templates that has some words."""
        home = self.folders[0] / "templates"
        others = sorted(path.name for path in home.glob("*"))
        for name in dict.fromkeys((template, *others)):
            if words and (home / name).is_file():
                before, found, _ = _read(home / name, f"templates/{name}").partition(words)
                if found:
                    return Span(f"styles/templates/{name}", before.count("\n") + 1)
        return Span(f"styles/templates/{template}")
