"""The handouts of a project as a list: what there is, in which state, and what is due.

In: front matter, and the manifest of the last build. Out: rows, and lines to print. Imports no
heavy library. It must not know how a handout is built, nor read the text of an article.
"""
