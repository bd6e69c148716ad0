"""A run: its loop, its folder, its checkpoints, and what one sees of it meanwhile."""
