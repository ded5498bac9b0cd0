"""The levels of lists whose marks were pasted: `o` and `–` below `•`, not indented.

In: a tree of blocks. Out: the same tree, in which a list that follows another with another mark is
in the last item of that one, until the first mark is there again. This module must not know lines
of text.
"""

from __future__ import annotations

from collections.abc import Iterator

from press.source.syntax.lists import LOWER, Mark, is_bullet
from press.source.syntax.nodes import Node


def nest(node: Node) -> None:
    """Put each pasted list of a lower level in the item that it belongs to."""
    kept: list[Node] = []
    above: list[Node] = []  # the lists that can go on, from the highest level on
    for child in node.children:
        same = next((n for n, each in enumerate(above) if _mark(each) == _mark(child)), None)
        if same is not None:
            del above[same + 1 :]
            _move(child.children, above[same])
        elif _is_pasted(child) and above and (_mark(child) in LOWER or not above[-1].blank):
            _move([child], above[-1].children[-1])
            above.append(child)
        else:
            above = [child] if _is_pasted(child) else []
            kept.append(child)
    node.children = kept
    for child in kept:
        nest(child)


def pasted(node: Node) -> Iterator[tuple[int, bool]]:
    """Yield the line of each list with pasted marks, and True if it is in an item of another."""
    for child in node.children:
        if child.kind == "list" and child.data["mark"].pasted:
            around = node.parent if node.kind == "item" else None
            yield child.line, around is not None and around.data["mark"].pasted
        yield from pasted(child)


def _is_pasted(node: Node) -> bool:
    return node.kind == "list" and is_bullet(node.data["mark"])


def _mark(node: Node) -> str:
    mark: Mark | None = node.data.get("mark") if node.kind == "list" else None
    return mark.delimiter if mark else ""


def _move(nodes: list[Node], into: Node) -> None:
    for node in nodes:
        node.parent = into
    into.children += nodes
    into.blank = nodes[-1].blank
