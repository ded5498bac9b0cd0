"""A citation style (CSL 1.0.2) at work, on citeproc-py.

In: CSL-JSON items and a style. Out: formatted marks and references as XHTML. Must not know
bibliography files, articles or formats.
"""
