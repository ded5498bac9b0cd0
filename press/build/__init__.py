"""What is stale is made, proved and published.

In: a `Request`. Out: an `Outcome`, the files in the output folder, and their manifest. The driver:
it knows every stage above it, and none of them knows it. Must not print.
"""
