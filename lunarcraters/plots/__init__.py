"""Plots: figures of craters, counts, scores and trainings."""
