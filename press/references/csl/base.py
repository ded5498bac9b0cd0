"""The lookups that all elements of a style share: macros, terms, and their layout.

In: a style's tree. Out: `StyleElement`, the first base class in `render`, `names`, and `dates`; it
finds what citeproc's classes find, but only once. This module must not know articles or XHTML.
"""

from __future__ import annotations

from typing import Any

from citeproc import model

_FALLBACK = {"verb-short": "verb", "symbol": "short", "verb": None, "short": None}


class StyleElement:
    """An element of a style, whose lookups are cached in the style's root."""

    def get_macro(self, name: str) -> Any:
        """Find a macro by its name."""
        macros = self.get_root().macros  # type: ignore[attr-defined]
        return macros[name]

    def get_layout(self) -> Any:
        """Find the layout that contains this element."""
        element: Any = self
        while element is not None and not isinstance(element, model.Layout):
            element = element.getparent()
        return element

    def get_term(self, name: str, form: str | None = None, **kwargs: Any) -> Any:
        """Find a term; if the locale lacks the requested form, use a longer form."""
        terms = self.get_root().terms  # type: ignore[attr-defined]
        asked = (name, form, *kwargs.items())
        if asked not in terms:
            term = super().get_term(name, form, **kwargs)  # type: ignore[misc]
            while term is None and form in _FALLBACK:
                form = _FALLBACK[form]
                term = super().get_term(name, form, **kwargs)  # type: ignore[misc]
            terms[asked] = term
        return terms[asked]
