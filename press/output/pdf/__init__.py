"""The printed handout: page layout, PDF/A-3a and PDF/UA-1, booklets, the cover picture.

In: a `Document`, an `Edition`, the styles. Out: a `Layout`, then the bytes of a PDF. It must not
know the e-book or the web page.
"""
