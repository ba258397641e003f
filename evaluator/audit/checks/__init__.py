"""What can be wrong with a printed table, one module for each kind of finding."""
