"""One module for each thing that `rematch doctor` looks at."""
