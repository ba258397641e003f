"""One module per dataset with its protocols, found by scanning."""
