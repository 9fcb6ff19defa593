"""Calibration: scores, operating points, diameter errors and the int8 form of a model."""
