"""The e-book, an EPUB 3.3 file.

In: a `Document`, the pages of the main edition, a cover picture, the styles. Out: the bytes of an
EPUB. It must not know how pages or the cover are drawn.
"""
