"""Layouts of published tables, one module each, found by scanning."""
