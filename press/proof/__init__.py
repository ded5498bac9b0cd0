"""The proof: every finished file is compared with the document.

In: a `Document` and the bytes of its files. Out: a problem for each block, notice, or link that is
missing, hidden, altered, doubled, or dead, and for type that is hard to read. It must not know any
renderer.
"""
