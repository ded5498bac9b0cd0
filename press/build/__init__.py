"""The build driver: makes, proves, and publishes the files that are stale.

In: a `Request`. Out: an `Outcome`, the files in the output folder, and their manifest. It knows
every stage above it, and none of them knows it. Must not print anything but the progress line.
"""
