"""`python -m webapp`: the command line."""

from webapp.cli.main import main

if __name__ == "__main__":
    main()
