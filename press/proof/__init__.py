"""Nothing was lost: every finished file is held against the work.

In: a `Document` and the bytes of its files. Out: a problem for each text, notice or link that is
missing, hidden or dead, and for type that is too small. Must not know any renderer.
"""
