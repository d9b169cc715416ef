"""The host's side of a design. Importing it takes numpy and nothing else."""
