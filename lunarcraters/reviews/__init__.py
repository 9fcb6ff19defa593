"""Reviews: what a person changed in the catalogue of a run, and what that says of the run."""
