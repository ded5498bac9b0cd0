"""The basis of every stage: problems, types, files, trees, hashes.

In: nothing from the project. Out: small pieces that each stage builds on. Must not know any stage.
"""
