"""The catalogue: from circles in frames to georeferenced craters and their files."""
