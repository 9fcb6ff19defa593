"""Execution: tasks on workers, and the runs they make up."""
