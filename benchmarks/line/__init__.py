"""A long line on one machine, and how well it is filled."""
