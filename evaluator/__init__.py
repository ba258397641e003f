"""HOW it is measured: a library that needs no database, queue or network."""

__version__ = "0.1.0"
