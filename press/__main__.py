"""`python -m press`: the command line."""

import gc

gc.disable()  # importing frees nothing, so collections would only take time
from press.cli import main  # noqa: E402

gc.enable()

if __name__ == "__main__":
    main()
