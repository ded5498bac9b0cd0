"""The complete work, once, for all formats.

In: a manuscript, its citations, notices, and an imprint. Out: a `Document`: every notice, citation,
and placeholder in its place, with an identity. Must not know any renderer.
"""
