"""The trial of the proof: it must refuse no good file and pass no bad one.

`python3 makebook.py test --proof [SEED]` runs all of it; `tests/test_trial_*.py` run a tenth.
In: random tables, special documents, and two whole articles. Out: each good file that the proof
refuses, and each altered file that it passes or whose fault it names wrongly. Only `proving` knows
how the proof is called, and only `naming` knows what it says.
"""
