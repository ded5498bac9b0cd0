"""Formatting by citation styles (CSL 1.0.2), with the locales of citeproc-py.

In: `Entry`s, the citations of a text, a style, and a language. Out: `Citations`, the formatted
marks and references as XHTML. Must not know bibliography files, articles, or formats.
"""
