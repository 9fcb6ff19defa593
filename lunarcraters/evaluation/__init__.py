"""Scores of a catalogue against a reference, with every threshold stated."""
