"""Links that show the page of their target, without laying out a page more often than it must be.

In: the pages that WeasyPrint makes. Out: the same pages, sooner; and cross-references that name no
page if it is their own. This module must not know documents, styles, or formats.
"""

from __future__ import annotations

from typing import Any

from press.core.trees import has_class


def start() -> None:
    """Let WeasyPrint find the targets of links in this way."""
    _know_pages()
    _forget_places()
    _omit_own_page()


def _indexed() -> Any:
    """Return WeasyPrint's collector of targets with an index of what waits for each target.

    It would look at every link in the document whenever it meets a target.
    """
    from weasyprint.css.targets import TargetCollector

    class Indexed(TargetCollector):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.counter_lookup_items: dict[Any, Any]
            self.waiting: dict[str, dict[Any, Any]] = {}
            """The lookups that want a number from each target."""
            self.links: dict[str, list[tuple[Any, Any]]] = {}
            """The links to each target, with their lookups."""

        def collect_missing_counters(self, box: Any, token: str, *rest: Any) -> None:
            known = len(self.counter_lookup_items)
            super().collect_missing_counters(box, token, *rest)
            if len(self.counter_lookup_items) > known:
                key, item = next(reversed(self.counter_lookup_items.items()))
                for anchor in item.missing_target_counters:
                    self.waiting.setdefault(anchor, {})[key] = item
                self.links.setdefault(box.element.get("href") or "", []).append((box, item))

        def is_awaited(self, anchor: str) -> bool:
            return anchor in self.waiting or f"#{anchor}" in self.links

        def cache_target_page_counters(self, anchor: str, *rest: Any) -> None:
            every = self.counter_lookup_items
            self.counter_lookup_items = self.waiting.get(anchor, {})
            super().cache_target_page_counters(anchor, *rest)
            self.counter_lookup_items = every

    return Indexed


def _know_pages() -> None:
    """Let a link to an earlier page show its page number at once.

    The target's page is known before the link's page is laid out. WeasyPrint would lay that page
    out without the number, then twice more, which takes a fifth of the time for a layout.
    """
    from weasyprint import document

    class Targets(_indexed()):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.filled: dict[int, Any] = {}
            self.page = 0

        def cache_target_page_counters(self, anchor: str, now: Any, page: int, pages: Any) -> None:
            target = self.target_lookup_items.get(anchor)
            before = target.cached_page_counter_values.get("page") if target else None
            super().cache_target_page_counters(anchor, now, page, pages)
            changed = target is not None and before != now.get("page")
            if page > self.page:  # links on later pages will be laid out with their number
                for item in self.filled.values():
                    if item.page_maker_index is None:
                        item.missing_counters.clear()
                self.filled, self.page = {}, page
            for box, item in self.links.get(f"#{anchor}", ()):
                if has_class(box.element, "xref"):  # its own page decides if it names the other
                    if changed:
                        _name_again(item, pages)
                elif item.page_maker_index is None:
                    item.parse_again(now)
                    self.filled[id(item)] = item

    document.TargetCollector = Targets


def _forget_places() -> None:
    """Keep of the ids on each page only those that a link waits for.

    WeasyPrint searches a list of all ids on the pages so far for each box of a page.
    """
    from weasyprint.layout import page

    whole = page.make_page

    def make_page(context: Any, root: Any, type_: Any, start: Any, number: int, *rest: Any) -> Any:
        made, state = whole(context, root, type_, start, number, *rest), context.page_maker
        state = state[number - 1][-1]
        targets = context.target_collector
        state["anchors"] = [id_ for id_ in state["anchors"] if targets.is_awaited(id_)]
        return made

    page.make_page = make_page


def _name_again(item: Any, pages: Any) -> None:
    """Let a cross-reference on an earlier page name the new page of its target.

    WeasyPrint does not know which target a link has, and would do this only when the number of
    all pages changes too.
    """
    index = item.page_maker_index
    if index is not None and index < len(pages):
        item.parse_again(item.cached_page_counter_values)
        pages[index][-1]["content_changed"] = True


def _omit_own_page() -> None:
    """Let a cross-reference (class `xref`) name the page of its target only if it is another one.

    An entry of a list of contents names it always.
    CSS cannot compare two counters. The page of the link is added to the counters that its content
    waits for, so that WeasyPrint makes the content again on each page that the link moves to.
    """
    from weasyprint.formatting_structure import build

    whole = build.compute_content_list

    def compute(content: Any, box: Any, counters: Any, what: str, again: Any, targets: Any,
                *rest: Any, **options: Any) -> Any:  # fmt: skip
        plain = what != "content" or box.element is None or not has_class(box.element, "xref")
        plain = plain or has_class(box.element, "entry")
        if plain or content in ("normal", "none") or not box.element_tag.endswith("::after"):
            return whole(content, box, counters, what, again, targets, *rest, **options)
        waiting = (*content, ("counter()", ("page", "decimal")))
        whole(waiting, box, counters, what, again, targets, *rest, **options)
        target = targets.target_lookup_items.get((box.element.get("href") or "")[1:])
        there = target.cached_page_counter_values.get("page") if target else None
        if there is None or counters.get("page") in (None, there):
            return []
        return whole(content, box, counters, what, again, targets, *rest, **options)

    build.compute_content_list = compute
