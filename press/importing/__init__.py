"""Documents of other programs, turned into articles of a project.

In: a .docx, .html, or .txt file, or one that Pandoc or LibreOffice can read. Out: an article in
`source/`, its pictures, and problems for what was not understood. Must not know how a handout is
made, and must never replace a file or fetch anything.
"""
