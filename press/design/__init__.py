"""The look: tokens, style sheets, templates, typefaces, colors, QR codes.

In: the folders `styles/`, makebook's own and the project's. Out: finished CSS, filled templates,
subset fonts, contrast ratios. Must not know articles or formats.
"""
