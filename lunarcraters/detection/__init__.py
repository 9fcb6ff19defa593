"""Detection: batches of tiles on workers, and the runs they make up."""
