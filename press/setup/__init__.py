"""New projects and articles, pictures from the web, and the diagnosis of this machine.

In: a folder, a name, the machine as it is. Out: starter files, pictures, and findings with the
command that fixes each. Must not know how a handout is built.
"""
