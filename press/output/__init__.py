"""The work as bytes, a folder for each format: `pdf`, `epub`, `web`.

In: a `Document`, an `Edition`, the styles. Out: `Artifact`s. Writes no file, reads no clock. Must
not know the configuration, the proof, or where files are published.
"""
