"""The syntax of articles: CommonMark, with what authors know from Pandoc, GitHub, and Word.

In: Markdown. Out: processors for Python-Markdown, which owns the tree, the serializer, and
attributes in braces. This module must not know citations, files, or disclaimers.
"""
