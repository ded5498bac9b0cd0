"""The proof: every finished file is compared with the document.

In: a `Document` and the bytes of its files. Out: a problem for each text, notice, or link that is
missing, hidden, or dead, and for type that is hard to read. It must not know any renderer.
"""
