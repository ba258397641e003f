"""Systems that can be trained or run here: one module per family, a classical one without any framework first."""
