"""Finished files, opened again: a PDF's text, links and pictures; an e-book's parts.

In: the bytes of a finished file. Out: what a reader finds in it. Must not know how it was made.
"""
