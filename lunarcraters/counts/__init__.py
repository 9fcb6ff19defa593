"""Craters counted on areas, and what the counts say."""
