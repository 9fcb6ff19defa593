"""`python -m lunarcraters` is `craters`."""

from lunarcraters.cli.main import main

if __name__ == "__main__":
    main()
