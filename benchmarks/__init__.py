"""How fast scoring is: one run, one table, as ratios to one parallel read of the same scores. See `make bench`."""
