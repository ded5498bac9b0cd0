"""The look: tokens, style sheets, templates, typefaces, colors, QR codes.

In: the folders `styles/` of makebook and of the project, and web addresses. Out: finished CSS,
filled templates, subset fonts, contrast ratios, QR codes. Must not know articles or formats.
"""
