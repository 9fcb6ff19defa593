"""Completeness: which craters a run misses, measured by craters planted into its own mosaic."""
