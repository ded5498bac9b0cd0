"""The problems that a stage reports, as a list: stages add to the list that they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from press.core.problems import Problem


def reported(stage: Callable[..., Any], *arguments: Any) -> list[Problem]:
    """Call a stage with its arguments and a list, and return the problems it added."""
    problems: list[Problem] = []
    stage(*arguments, problems)
    return problems
