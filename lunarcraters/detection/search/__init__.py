"""The search: tiles in batches, and the workers of a Dask cluster that search them."""
