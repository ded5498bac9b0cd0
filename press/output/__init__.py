"""The output formats, one folder each: `pdf`, `epub`, `web`.

In: a `Document`, an `Edition`, the styles. Out: `Artifact`s. It writes no file, reads no
clock, and must not know the configuration, the proof, or where files are published.
"""
