"""Second opinions: EPUBCheck, veraPDF, and Ace on finished files, and readability of the text.

In: finished files and sources. Out: findings. Changes no file. Must not know how files were made.
"""
