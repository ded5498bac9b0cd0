"""What the elements of a style look up all the time: macros, terms and their layout.

In: a style's tree. Out: `Element`, which the classes of `cslrender`, `cslnames` and `csldates`
put before citeproc's own; it finds the same things, once. It must not know articles or XHTML.
"""

from __future__ import annotations

from typing import Any

from citeproc import model

_FALLBACK = {"verb-short": "verb", "symbol": "short", "verb": None, "short": None}


class Element:
    """Looks things up in the style's root, which remembers them."""

    def get_macro(self, name: str) -> Any:
        """Find a macro by its name."""
        macros = self.get_root().macros  # type: ignore[attr-defined]
        return macros[name]

    def get_layout(self) -> Any:
        """Find the layout that this element stands in."""
        element: Any = self
        while element is not None and not isinstance(element, model.Layout):
            element = element.getparent()
        return element

    def get_term(self, name: str, form: str | None = None, **kwargs: Any) -> Any:
        """Find a term; where the locale lacks the form asked for, in a longer form."""
        terms = self.get_root().terms  # type: ignore[attr-defined]
        asked = (name, form, *kwargs.items())
        if asked not in terms:
            term = super().get_term(name, form, **kwargs)  # type: ignore[misc]
            while term is None and form in _FALLBACK:
                form = _FALLBACK[form]
                term = super().get_term(name, form, **kwargs)  # type: ignore[misc]
            terms[asked] = term
        return terms[asked]
