"""What every stage shares: problems, the types that travel, files, trees, hashes.

In: nothing of the project. Out: small pieces that each stage builds on. Must not know any stage.
"""
