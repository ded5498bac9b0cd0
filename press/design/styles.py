"""Styles, templates, and fonts: a project's file overrides the default of the same name.

In: a project's folder. Out: CSS with its tokens filled in, finished templates, font files.
Owner of the template library. This module must not know articles or formats.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FunctionLoader, StrictUndefined, TemplateNotFound
from jinja2.bccache import Bucket
from markupsafe import Markup

from press.core import trees
from press.core.emoji import with_names
from press.core.files import check_file, default_folder, files_below, read_text
from press.core.model import Edition, Imprint
from press.core.nearest import nearest
from press.core.problems import Problem, ProblemsError, Span

VAR = re.compile(r"var\(\s*(--[\w-]+)\s*\)")
_TOKEN = re.compile(r"(--[\w-]+)\s*:\s*([^;]*)(?:;|\Z)")
_ROOT = re.compile(r":root\s*\{([^{}]*)\}")
FALLBACK = "fonts/fallback/"
"""The folder of the fonts that are used only for characters that the others lack."""
_COMMENT = re.compile(r"/\*.*?\*/", re.S)


def _read(path: Path, name: str) -> str:
    problems: list[Problem] = []
    text = read_text(path, f"styles/{name}", problems)
    if text is None:
        raise ProblemsError(problems)
    return text


def _with_emoji(text: str, lang: str) -> Markup:
    """Return a text as markup in which a screen reader finds a name for each emoji."""
    whole = trees.serialize(with_names(text, lang))
    return Markup(whole.removeprefix("<p>").removesuffix("</p>"))  # noqa: S704 - serialized


def _tokens_in(css: str) -> dict[str, str]:
    """Return the tokens that a style sheet defines in `:root`."""
    blocks = _ROOT.findall(_COMMENT.sub("", css))
    return {name: value.strip() for block in blocks for name, value in _TOKEN.findall(block)}


class _Compiled(BytecodeCache):
    """The templates compiled in this process; a changed template is compiled again."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


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
        for folder in self.folders:
            if (folder / name).is_file():
                return folder / name
        message, hint = "the file is missing", "install makebook again, or restore the file"
        raise ProblemsError([Problem("STY001", Span(f"styles/{name}"), message, hint)])

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
        return list(self._fonts)

    @cached_property
    def _fonts(self) -> list[Path]:
        files = {
            name: path
            for name, path in self.files().items()
            if name.lower().endswith((".ttf", ".otf")) and not name.startswith(FALLBACK)
        }
        problems: list[Problem] = []
        for name, path in files.items():
            check_file(path, f"styles/{name}", problems, "font")
        if problems:
            raise ProblemsError(problems)
        return list(files.values())

    def fallback(self, name: str) -> Path | None:
        """Return a file in the folder of fonts to fall back on; None if it is missing."""
        paths = (folder / FALLBACK / name for folder in self.folders)
        return next((path for path in paths if path.is_file()), None)

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
        css = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), _read(own, "tokens.css"))
        known = _tokens_in(_read(default, "tokens.css"))
        sheets = [p for p in self.folders[0].rglob("*.css") if p != own]
        used = {n for path in sheets for n in VAR.findall(_read(path, path.name))}
        for name, value in _tokens_in(css).items():
            line = css.count("\n", 0, css.find(name)) + 1
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
        rest = _ROOT.sub(lambda found: "\n" * found[0].count("\n"), css)
        if rest.strip():
            line = rest.count("\n", 0, len(rest) - len(rest.lstrip())) + 1
            message = "text outside ':root { … }' is ignored in tokens.css"
            hint = "close every bracket, and move rules to a style sheet such as print.css"
            problems.append(Problem("STY005", Span("styles/tokens.css", line), message, hint))

    def sheets(self, edition: Edition) -> list[str]:
        """Return the style sheets that an edition adds: for its kind, then for its name."""
        names = dict.fromkeys(f"editions/{name}.css" for name in (edition.kind, edition.name))
        return [name for name in names if any((folder / name).is_file() for folder in self.folders)]

    def print_css(self, edition: Edition) -> str:
        """Return the CSS of a printed edition: `print.css`, then the edition's style sheets.

        Raises:
            ProblemsError: a token that is not defined (STY002).
        """
        tokens = self.tokens_of(edition)
        return "\n".join(self._filled(n, tokens) for n in ("print.css", *self.sheets(edition)))

    def css(self, name: str) -> str:
        """Return a style sheet with each `var(--token)` replaced, for readers without variables.

        Raises:
            ProblemsError: a token that is not defined (STY002).
        """
        return self._filled(name, self.tokens)

    def _filled(self, name: str, tokens: Mapping[str, str]) -> str:
        path = self.find(name)

        def value(found: re.Match[str]) -> str:
            if found[1] in tokens:
                return tokens[found[1]]
            css = found.string
            line = css.count("\n", 0, found.start()) + 1
            message, hint = f"the token {found[1]} is not defined", "define it in styles/tokens.css"
            span = Span(f"styles/{name}", line)
            raise ProblemsError([Problem("STY002", span, message, hint)])

        css = _read(path, name)
        for _ in range(8):
            css, count = VAR.subn(value, css)
            if not count:
                break
        return css

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FunctionLoader(self._template),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=_COMPILED,
        )
        environment.filters["emoji"] = _with_emoji
        return environment

    def _template(self, name: str) -> tuple[str, str, Callable[[], bool]] | None:
        """Return a template's text, its path, and a function that says if it is still current."""
        if name.startswith(("/", "\\")) or ".." in name.split("/"):
            return None
        paths = (folder / "templates" / name for folder in self.folders)
        path = next((path for path in paths if path.is_file()), None)
        return (_read(path, f"templates/{name}"), str(path), lambda: True) if path else None

    def fill(self, template: str, **values: Any) -> str:
        """Fill a template.

        Raises:
            ProblemsError: the template is missing or broken (STY003).
        """
        try:
            return self._environment.get_template(template).render(**values)
        except ProblemsError:
            raise
        except Exception as error:  # noqa: BLE001 - a template can fail in any way
            frames = traceback.extract_tb(error.__traceback__)
            places = [
                (Path(f.filename).name, f.lineno) for f in frames if "templates" in f.filename
            ]
            name, line = places[-1] if places else (template, 0)
            reason = getattr(error, "message", None) or str(error)
            if isinstance(error, TemplateNotFound):
                reason = f"there is no template '{error.name}'"
            span = Span(f"styles/templates/{name}", getattr(error, "lineno", None) or line or 0)
            message = f"the template cannot be filled: {reason}"
            hint = "compare it with the built-in template of the same name"
            raise ProblemsError([Problem("STY003", span, message, hint)]) from None
