"""Rasters on the network: access, pages that keep what was fetched, files fetched whole."""
