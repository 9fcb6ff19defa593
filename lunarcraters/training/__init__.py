"""Training: data, batches, fitting, and their pictures."""
