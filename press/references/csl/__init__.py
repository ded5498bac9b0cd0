"""Formatting by citation styles (CSL 1.0.2), based on citeproc-py.

In: CSL-JSON items and a style. Out: formatted marks and references as XHTML. Must not know
bibliography files, articles, or formats.
"""
