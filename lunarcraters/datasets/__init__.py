"""Training datasets: labels, checks, splits."""
