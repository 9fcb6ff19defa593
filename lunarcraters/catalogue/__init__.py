"""The catalogue: a table of craters, its description, filters, counts and files."""
