"""Silence: what libraries print, warn of, or log never reaches the terminal.

In: nothing. Out: nothing. What an author should know is a problem; stages that need the records of
a library collect them themselves (`output.pdf.typeset`).
"""

from __future__ import annotations

import logging
import os
import warnings


def warnings_and_logs() -> None:
    """Drop warnings, and log records that nobody handles, in this process.

    Only the printing is dropped: a filter that makes warnings errors, as in the tests, stays.
    """
    warnings.showwarning = _nothing
    logging.lastResort = logging.NullHandler()


def all_output() -> None:
    """Drop also what libraries in C print, in a helper process that reports through a pipe."""
    warnings_and_logs()
    null = os.open(os.devnull, os.O_WRONLY)
    for handle in (1, 2):
        os.dup2(null, handle)
    os.close(null)


def _nothing(*_: object, **__: object) -> None:
    """Print nothing."""
