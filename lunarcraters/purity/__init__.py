"""Purity: the probability that a detection is a crater, measured on labelled detections."""
