"""Calibration: scores, operating points and diameter errors on a validation split."""
