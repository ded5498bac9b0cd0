"""The author's loop: what is saved is built and shown in a browser.

In: a project's folder and a port. Out: a site for this machine alone, until it is told to end. Must
not publish anything that `build` would not.
"""
