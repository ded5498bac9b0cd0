"""The packet that a patient takes home: chosen handouts behind a cover sheet, in one PDF.

In: a Request with the names of handouts, and a note. Out: `packet.pdf`, proved, and lines to print.
It must not know how a handout is built, and must not write the note anywhere else.
"""
