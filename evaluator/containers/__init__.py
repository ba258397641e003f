"""One module per container of arrays."""
