"""The author's loop: every save is built and shown in a browser.

In: a project's folder and a port. Out: a site for this machine only, until interrupted. Must not
publish anything that `build` would not.
"""
