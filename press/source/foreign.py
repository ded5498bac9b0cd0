"""Front matter of other tools: what its keys mean here, and which ones mean nothing.

In: the values of an article's front matter. Out: the same under makebook's names. This module must
not know how a value is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from press.core.nearest import near

ALIASES: Mapping[str, tuple[str, ...]] = {
    "author": ("authors",),
    "abstract": ("excerpt", "description", "summary"),
    "rights": ("license", "licence"),
}
"""For each key, the keys of other tools that are read in its place, in this order."""
ALSO = ("affiliations", "categories", "category", "published", "draft", "references")
"""Other keys that are read: authors' institutions, more keywords, whether the article is a draft,
and entries of a bibliography."""
_NO_EFFECT = frozenset(
    # Quarto, Pandoc, and R Markdown
    "about abstract-title acknowledgements appendix-style article bibliographystyle biblio-style "
    "biblio-title book citation citation-location citations-hover citeproc classoption "
    "code-annotations code-fold code-line-numbers code-overflow code-summary code-tools comments "
    "copyright crossref cap-location css date-format date-meta date-modified doi documentclass "
    "echo editor engine execute execution fig-align fig-cap-location fig-dpi "
    "fig-format fig-height fig-width filters fontfamily fontsize footnotes-hover footer-includes "
    "format freeze from geometry google-scholar header-includes highlight-style html-math-method "
    "image image-alt include-after include-after-body include-before include-before-body "
    "include-in-header institute institution ipynb-filters jupyter jupytext kernel kernelspec "
    "keep-md keep-tex knit knitr lightbox link-bibliography link-citations linestretch "
    "linkcolor listing lof lot mainfont margin-header metadata metadata-files "
    "nocite-sections notebook-links notebook-view number-depth number-offset number-sections "
    "numbersections order other-links output output-dir output-file page-layout pagetitle "
    "papersize params parent pdf-engine prefer-html project pygments reference-location "
    "reference-section-title resources section-numbers secnumdepth shift-heading-level-by shiny "
    "shortcodes sidebar standalone suppress-bibliography table-of-contents tbl-cap-location "
    "template title-block-banner title-block-style title-prefix title-slug to toc toc-depth "
    "toc-expand toc-location toc-title top-level-division twitter-card url urlcolor variables "
    "view warning website "
    # the Journal of Open Source Software, and journals like it
    "aas-doi aas-journal archive archive-doi citation-author event formatted-doi "
    "group issue journal page paper-url pages repository review-issue submitted type volume year "
    # Jekyll, Hugo, and other sites
    "aliases cascade cover date-published defaults expirydate featured feature-image "
    "featured-image headless image-caption last-modified last-modified-at lastmod layout "
    "lightweight linktitle locale markup math mathjax menu menus modified nav-exclude nav-order "
    "outputs paginate permalink post-id published-at publishdate redirect-from redirect-to "
    "search-exclude seo series show-date sitemap slug sort-order tagline taxonomies theme "
    "thumbnail timezone translationkey updated weight".split()
)
"""Keys of other tools without a meaning here: not misspelled, although some look like ours."""


def adopt(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Rename the keys of other tools that mean the same as one of makebook's.

    Returns the values, and for each new name the key as written. A key whose place is already
    taken keeps its name.
    """
    found, written = dict(values), {}
    for key, others in ALIASES.items():
        for other in others:
            if other in found and key not in found:
                found[key], written[key] = found.pop(other), other
    if "layout" in found and isinstance(tags := found.get("tags"), str) and "," not in tags:
        found["tags"] = tags.split()  # Jekyll separates tags by spaces
    return found, written


def sort_out(keys: list[str], known: tuple[str, ...]) -> tuple[dict[str, list[str]], list[str]]:
    """Divide unknown keys into misspelled ones, each with the known keys like it, and the rest."""
    misspelled: dict[str, list[str]] = {}
    rest = []
    for key in keys:
        foreign = key.lower().replace("_", "-") in _NO_EFFECT
        taken = any(key in others for others in ALIASES.values())
        alike = [] if foreign or taken else near(key, known)
        if alike:
            misspelled[key] = alike
        else:
            rest.append(key)
    return misspelled, rest
