"""The comparison of a printed sheet with today's sources: is it current, and what has changed?

In: an old PDF, e-book, or manifest, or the line printed on a sheet, and today's Documents. Out:
lines for a clinician. Must not know how Documents are made, nor lay anything out.
"""
