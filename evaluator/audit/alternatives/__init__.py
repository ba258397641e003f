"""One module per other way of evaluating the same scores, found by scanning."""
