"""A mutant: a finished file with one fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.trial.naming import is_named
from tests.trial.projects import Finished
from tests.trial.proving import prove


@dataclass(frozen=True)
class Mutant:
    """A finished file with one fault, which is made when it is proved."""

    finished: Finished
    kind: str
    """A key of `naming.FAULTS`."""
    about: tuple[str, ...]
    """The texts that the fault concerns; a problem must quote one of them."""
    make: Callable[[], bytes]
    more: str = ""
    """What else tells mutants of the same kind apart."""

    def miss(self) -> str:
        """Prove the mutant; return nothing, or how the proof failed."""
        artifact = replace(self.finished.artifact, data=self.make())
        try:
            problems = prove(replace(self.finished, artifact=artifact))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not a problem
            return f"missed: {self}: {error!r}"
        if is_named(self.kind, self.about, problems):
            return ""
        said = "; ".join(problem.message for problem in problems[:3]) or "no problem"
        return f"missed: {self}: {said}"

    def __str__(self) -> str:
        unit = " / ".join(f"'{text[:60]}'" for text in self.about[:2])
        return f"{self.finished.artifact.name}: {self.kind} {self.more}: {unit}"
