"""The author's files, read and validated.

In: makebook.toml, articles, notices, imprints, images. Out: `Project`, `Manuscript`, `Notice`s, and
`Imprint`s, and a problem with file, line, and hint for each error. Must not know citation styles,
where notices go, or any format.
"""
