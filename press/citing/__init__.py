"""`makebook cite`: entries added to the bibliography of an article, and the bibliography listed.

In: files of entries, DOIs, or PMIDs, and a project. Out: the bibliography with the new entries at
its end, and lines to print. Must not know how a handout is made.
"""
