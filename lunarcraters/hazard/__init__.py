"""Hazard: crater density and steep ground on a grid of cells, for the choice of landing sites."""
