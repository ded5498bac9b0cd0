"""Run the whole trial: `python3 makebook.py test --proof [SEED]`.

In: a seed, or none for the usual one. Out: a line for everything that was refused or missed, and a
last line with the counts. The exit status is 1 if there was anything, 2 if the seed is not a
number.
"""

from __future__ import annotations

import sys

from press.core import parallel
from tests.trial.refusals import FIRST
from tests.trial.run import Count, try_misses, try_refusals


def main(arguments: list[str]) -> int:
    """Run the trial; return an exit status."""
    if len(arguments) > 1 or not all(each.isdecimal() for each in arguments):
        print("usage: python3 makebook.py test --proof [SEED]", file=sys.stderr)
        return 2
    seed = int(arguments[0]) if arguments else FIRST
    count, jobs = Count(), parallel.processors()
    for line in try_refusals(count, seed, jobs=jobs):
        print(line, flush=True)
    for line in try_misses(count, jobs=jobs):
        print(line, flush=True)
    print(count)
    return int(count.failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
