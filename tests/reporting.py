"""What a stage reports, as a list: stages add to the list of problems that they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from press.core.problems import Problem


def reported(stage: Callable[..., Any], *arguments: Any) -> list[Problem]:
    """Calls a stage with its arguments and a list, and returns the problems it put there."""
    problems: list[Problem] = []
    stage(*arguments, problems)
    return problems
