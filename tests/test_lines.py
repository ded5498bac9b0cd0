"""The line of each key and item of a TOML file, as an author sees it."""

from __future__ import annotations

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from press.core.problems import Problem
from press.source.lines import lines_of_toml
from press.source.project import read_project

INSIDE = st.text(alphabet="ab'#[]{},=. \"\\é", max_size=8)
BLANK = st.sampled_from(
    ["", " ", "\n", "\n\n", "  # a\n", ' # "ab", \'a\' ["\n', "\n# ]\n", '\n# """\n']
)


@st.composite
def scalars(draw) -> str:
    """A text in quotes of each kind, or another value."""
    inside = draw(INSIDE)
    basic = inside.replace("\\", "\\\\").replace('"', '\\"')
    plain = inside.replace("'", "")
    return draw(
        st.sampled_from([
            f'"{basic}"', f"'{plain}'", f'"""\n{basic}"""', f"'''{plain}\n'''",
            f'"""{basic}"\n"""""', "1.5", "true", "1979-05-27 07:32:00", "-inf", "0x1f",
        ])
    )  # fmt: skip


def laid_out(draw, path: str, value: object, text: str, lines: dict[str, int]) -> str:
    """Append a value to a text, and note the line of each item in it."""
    if isinstance(value, str):
        return text + value
    is_list = isinstance(value, list)
    text += "[" if is_list else "{"
    pairs = list(enumerate(value)) if is_list else list(value.items())
    for number, (key, each) in enumerate(pairs):
        text += draw(BLANK) if is_list else " "
        inner = f"{path}[{key}]" if is_list else f"{path}.{key}"
        lines[inner] = text.count("\n") + 1
        text = laid_out(draw, inner, each, text if is_list else f"{text}{key} = ", lines)
        text += draw(BLANK) if is_list else ""
        text += "," if number < len(pairs) - 1 else ""
    return text + (draw(BLANK) + "]" if is_list else "}")


KEYS = st.sampled_from(["a", "b-c", "list", "title"])
VALUES = st.recursive(
    scalars(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_each_value_has_its_line(data) -> None:
    text, lines = "", {}
    for table in ("", "groups.ward", "collections.'a b'"):
        path = table.replace("'", "")
        text += data.draw(BLANK).lstrip(" ") + (f"[{table}] # a = [\n" if table else "")
        if table:
            lines[path] = text.count("\n")
        for key, value in data.draw(st.dictionaries(KEYS, VALUES, max_size=3)).items():
            text += data.draw(BLANK)
            inner = f"{path}.{key}" if table else key
            lines[inner] = text.count("\n") + 1
            text = laid_out(data.draw, inner, value, f"{text}{key} = ", lines) + "\n"
    tomllib.loads(text)
    found = lines_of_toml(text)
    assert {path: found.first.get(path) for path in lines} == lines


def test_tables_in_every_form() -> None:
    text = (
        "a.b.c = 1\n[[author]]\nname = 1\n[[author]]\nname = 2\n[author.of]\nx = 1\n"
        '[ "d.e" . f ]\n"g\\u0041" = """\n\nwords\n"""\n'
    )
    found = lines_of_toml(text)
    paths = ["a", "a.b", "a.b.c", "author", "author[0].name", "author[1].name", "author[1].of.x",
             "d.e.f", "d.e.f.gA"]  # fmt: skip
    assert [found.of(path) for path in paths] == [1, 1, 1, 2, 3, 5, 7, 8, 9]
    assert found.holding("d.e.f.gA", "words") == [11]
    assert [found.of("author[7].name"), found.of("absent"), found.of("x]y[")] == [2, 1, 1]


@given(st.text(alphabet="ab[]{}=,.#\"'\\\n \x00", max_size=60))
def test_any_text_has_lines(text: str) -> None:
    assert lines_of_toml(text).of("a") >= 1


def test_a_long_file_is_read_once() -> None:
    text = "[a]\nb = [\n" + "  'x', # \"\n" * 50_000 + "]\n"
    assert lines_of_toml(text).of("a.b[49999]") == 50_002


def told(tmp_path, toml: str) -> list[str]:
    """Return the problems of makebook.toml in a project of two articles."""
    (tmp_path / "makebook.toml").write_text(toml)
    (tmp_path / "source").mkdir()
    for name in ("tea", "milk"):
        (tmp_path / f"source/{name}.md").write_text(f"---\ntitle: {name}\n---\n\nHot.\n")
    problems: list[Problem] = []
    project = read_project(tmp_path, problems)
    problems += [problem for each in project.collections for problem in each.problems]
    return [f"{p.span.line} {p.code}: {p.message}" for p in problems]


def test_an_article_in_a_comment_is_not_an_item(tmp_path) -> None:
    said = told(
        tmp_path,
        '[collections.a]\ntitle = "A"\narticles = [\n  # "tae" and "tea"\n  "tea",\n  "tae",\n'
        "  'milk',\n  \"milk\",\n  'tae',\n]\n[collections.b]\ntitle = 5\narticles = ['tae']\n",
    )
    assert said == [
        "6 COL001: collection 'a' lists 'tae', which is not an article (also on line 9)",
        "8 COL001: collection 'a' lists 'milk' twice",
        "12 CFG004: the title of collection 'b' must be text in quotes",
        "13 COL001: collection 'b' lists 'tae', which is not an article",
    ]


def test_items_of_a_list_have_their_own_lines(tmp_path) -> None:
    said = told(
        tmp_path,
        'formats = [\n  "html", # "doc"\n  "doc",\n]\neditions = [\n  "letter",\n  "a5",\n'
        '  "letter",\n]\n[groups.a]\narticles = ["*"]\nformats = [\n  "html",\n  "doc",\n]\n'
        'editions = [\n  "a4",\n  "a5", "a6",\n]\nimprints = [\n  "all",\n  "south",\n]\n'
        'topics = [\n  "tea",\n  5,\n]\n',
    )
    assert said == [
        "3 CFG004: 'doc' is not a valid format",
        "8 CFG004: edition 'letter' is listed twice",
        "7 CFG005: there is no edition 'a5'",
        "22 CFG008: there is no imprint 'south'",
        "26 CFG004: 'topics' must be a list of items in quotes",
        "18 CFG005: there is no edition 'a5'",
        "18 CFG005: there is no edition 'a6'",
        "14 CFG004: 'doc' is not a valid format",
    ]
