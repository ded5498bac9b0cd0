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
    _omit_own_page()


class _Lookup:
    """What a link shows, for WeasyPrint's `CounterLookupItem`.

    One that names only another page has a target, and is made again only if it would change.
    """

    target: Any = None
    is_cross_reference = False

    @property
    def cached_page_counter_values(self) -> Any:
        return self.known

    @cached_page_counter_values.setter
    def cached_page_counter_values(self, values: dict[str, Any]) -> None:
        self.known = _Shown(values, self.target) if self.target else values


class _Targets:
    """An index of what waits for each target, for WeasyPrint's `TargetCollector`.

    It would look at every link in the document whenever it meets a target.
    """

    target_lookup_items: dict[str, Any]
    counter_lookup_items: dict[Any, Any]

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[str, dict[Any, Any]] = {}
        """The lookups that want a number from each target."""
        self.links: dict[str, list[Any]] = {}
        """The lookups of the links to each target."""
        self.ahead: dict[int, Any] = {}
        """Those of links that are on no page yet, while the page of their target is made."""

    def collect_missing_counters(self, box: Any, token: str, *rest: Any) -> None:
        known = len(self.counter_lookup_items)
        super().collect_missing_counters(box, token, *rest)  # type: ignore[misc]
        if len(self.counter_lookup_items) == known:
            return
        key, item = next(reversed(self.counter_lookup_items.items()))
        for anchor in item.missing_target_counters:
            self.waiting.setdefault(anchor, {})[key] = item
        href = (box.element.get("href") or "")[1:]
        self.links.setdefault(href, []).append(item)
        item.is_cross_reference = has_class(box.element, "xref")
        if _names_other_page(box):
            item.target = self.target_lookup_items.get(href)
            item.cached_page_counter_values = {}

    def is_awaited(self, anchor: str) -> bool:
        """Return whether a link wants a number from a target."""
        return anchor in self.waiting or anchor in self.links

    def cache_target_page_counters(self, anchor: str, now: Any, page: int, pages: Any) -> None:
        target, waiting = self.target_lookup_items.get(anchor), self.waiting.get(anchor, {})
        links, before = self.links.get(anchor, ()), dict[str, Any]()
        if target:
            before = target.cached_page_counter_values
        if before and not any(map(_counts_pages, (*waiting.values(), *links))):
            now = {**now, "pages": before.get("pages")}  # no news for these links
        every, self.counter_lookup_items = self.counter_lookup_items, waiting
        super().cache_target_page_counters(anchor, now, page, pages)  # type: ignore[misc]
        self.counter_lookup_items = every
        for item in links:
            if item.page_maker_index is None:
                self.ahead[id(item)] = item
                if not item.target:
                    item.parse_again(now)
            elif item.is_cross_reference and before.get("page") != now.get("page"):
                _name_again(item, pages)

    def end_page(self, number: int) -> None:
        """Let the links after this page show the pages of the targets that are before it."""
        for item in self.ahead.values():
            if item.page_maker_index is not None:
                continue
            if item.target:
                item.cached_page_counter_values = {"page": [number + 1]}
                item.parse_again(item.cached_page_counter_values)
            else:
                item.missing_counters.clear()
        self.ahead = {}


def _counts_pages(item: Any) -> bool:
    """Return whether a link shows the number of all pages."""
    return any("pages" in names for names in item.missing_target_counters.values())


class _Shown(dict[str, Any]):
    """The numbers on the page of a cross-reference: equal to others if it shows the same then."""

    def __init__(self, values: dict[str, Any], target: Any) -> None:
        super().__init__(values)
        self.target, self.shown = target, _other_page(values, target)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and _other_page(other, self.target) == self.shown

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None


def _other_page(here: Any, target: Any) -> Any:
    """Return the page of a target; None if it or that of the link is unknown, or both are one."""
    there = target.cached_page_counter_values.get("page") if target else None
    return None if here.get("page") in (None, there) else there


def _names_other_page(box: Any) -> bool:
    """Return whether a link names the page of its target only if it is another one."""
    element = box.element
    return element is not None and has_class(element, "xref") and not has_class(element, "entry")


def _know_pages() -> None:
    """Let a link to an earlier page show its page number at once.

    The target's page is known before the link's page is laid out. WeasyPrint would lay that page
    out without the number, then twice more, which takes a fifth of the time for a layout.
    """
    from weasyprint import document
    from weasyprint.css import targets
    from weasyprint.layout import page

    targets.CounterLookupItem = type("Lookup", (_Lookup, targets.CounterLookupItem), {})
    document.TargetCollector = type("Targets", (_Targets, targets.TargetCollector), {})
    whole = page.make_page

    def make_page(context: Any, root: Any, type_: Any, start: Any, number: int, *rest: Any) -> Any:
        made, state = whole(context, root, type_, start, number, *rest), context.page_maker
        state, found = state[number - 1][-1], context.target_collector
        found.end_page(number)
        # WeasyPrint searches a list of all ids on the pages so far for each box of a page.
        state["anchors"] = [id_ for id_ in state["anchors"] if found.is_awaited(id_)]
        return made

    page.make_page = make_page


def _name_again(item: Any, pages: Any) -> None:
    """Let a cross-reference on an earlier page name the new page of its target.

    WeasyPrint does not know which target a link has, and would do this only when the number of
    all pages changes too.
    """
    index = item.page_maker_index
    if index is not None and index < len(pages):
        item.cached_page_counter_values = {**item.cached_page_counter_values, "page": [index + 1]}
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
        named = what == "content" and _names_other_page(box) and box.element_tag.endswith("::after")
        if not named or content in ("normal", "none"):
            return whole(content, box, counters, what, again, targets, *rest, **options)
        waiting = (*content, ("counter()", ("page", "decimal")))
        whole(waiting, box, counters, what, again, targets, *rest, **options)
        target = targets.target_lookup_items.get((box.element.get("href") or "")[1:])
        if _other_page(counters, target) is None:
            return []
        return whole(content, box, counters, what, again, targets, *rest, **options)

    build.compute_content_list = compute
