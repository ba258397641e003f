"""One module per family of metrics, found by scanning."""
