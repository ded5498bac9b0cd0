"""The line for a patient's record: which handout was given, so that it can be found again.

In: the row of a handout in the list. Out: one line, or a problem with the remedy. Only what is
published and current gets a line. This module must not know how handouts are built.
"""

from __future__ import annotations

from press.catalog.entries import Entry
from press.core.problems import Problem, ProblemsError, visible
from press.core.system import command, quoted

_JOINT = " · "


def record(entry: Entry, imprint: str = "") -> str:
    """Return identifier, version, hash, title, language, and date of a handout in one line.

    The date is that of the text; the record says itself when the handout was given. What a handout
    does not have is left out. `imprint` is that of the outputs that the entry tells of.

    Raises:
        ProblemsError: it is a draft, withdrawn, not built, or out of date (REC001).
    """
    if entry.state != "current" or entry.built is None:
        options = ["--imprint", imprint] if imprint else []
        build = f"run {command(quoted(entry.name), *options)}, and print it again"
        raise ProblemsError([refusal(entry, "REC001", build)])
    built = entry.built
    version = built["version"] and f"version {built['version']}"
    said = (built["identifier"], version, built["hash"], built["title"], built["lang"],
            built["date"])  # fmt: skip
    return visible(_JOINT.join(filter(None, said)))


def refusal(entry: Entry, code: str, build: str) -> Problem:
    """Say why a handout must not be given to a patient, and what to do.

    `code` is that of the problem, and `build` the hint for one that has to be built.
    """
    changed = ", ".join(entry.changed[:3]) + ("…" if len(entry.changed) > 3 else "")
    message, hint = {
        "draft": ("is a draft", "hand it out only when it is approved: delete 'status: draft'"),
        "withdrawn": ("is withdrawn: do not use", "choose another handout"),
        "not built": ("is not built", build),
    }.get(entry.state, (f"is out of date: {changed} changed or is missing", build))
    return Problem(code, entry.place, f"'{entry.name}' {message}", hint)
