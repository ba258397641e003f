"""One module per dataset; the catalogue finds the split definitions in each."""
