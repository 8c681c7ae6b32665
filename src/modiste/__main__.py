"""``python -m modiste`` is the same as ``modiste``."""

from modiste.cli.main import main

if __name__ == "__main__":
    main()
