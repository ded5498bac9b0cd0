"""Formatted citations and a references page, from bibliographies.

In: bibliography files, the citations of a text, a citation style. Out: `Entry`s, then `Citations`.
Must not know Markdown, articles, or formats.
"""
