"""The output formats, one folder each: `pdf`, `epub`, `web`.

In: a `Document`, an `Edition`, the styles; for the library page, the output folder. Out:
`Artifact`s, and the bytes of the library page. It writes no file and reads no clock. Must not know
the configuration or the proof; apart from the library page, it must not know published files.
"""
