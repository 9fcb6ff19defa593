"""Datasets for training, from a mosaic and a catalogue of its craters."""
