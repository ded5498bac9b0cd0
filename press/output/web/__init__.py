"""The web page of a handout, and the library page that lists all handouts.

In: a `Document` or the entries of a manifest, the files on offer, the styles. Out: self-contained
HTML. It must not know how PDF or EPUB are made.
"""
