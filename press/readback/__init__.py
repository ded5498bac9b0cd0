"""Readers of finished files: the text, links, and pictures of a PDF, the parts of an e-book.

In: the bytes of a finished file. Out: what a reader finds in it. It must not know how
the file was made.
"""
