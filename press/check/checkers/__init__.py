"""Scripts of the outside checkers, and the pinned npm packages of Ace.

In: a finished file. Out: what a checker found, as JSON. `press.check.external` runs the scripts as
processes; no module imports them. They must not know the program.
"""
