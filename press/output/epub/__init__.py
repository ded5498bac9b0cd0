"""The e-book: EPUB 3.3 in one file.

In: a `Document`, the pages of the main edition, a cover picture, the styles. Out: the bytes of an
EPUB. Must not know how pages or the cover are drawn.
"""
