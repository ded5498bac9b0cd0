"""`python -m press`: the command line."""

from press.cli import main

if __name__ == "__main__":
    main()
