"""The weights that come with the program."""
