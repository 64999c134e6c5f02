"""`python -m archi`."""

from archi.cli import main

if __name__ == "__main__":
    main()
