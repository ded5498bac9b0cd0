"""The look: tokens, style sheets, templates, typefaces, colors, QR codes.

In: the folders `styles/` of makebook and of the project. Out: finished CSS, filled templates,
subset fonts, contrast ratios. Must not know articles or formats.
"""
