"""Report: one HTML page that shows a run."""
