"""WHAT WAS HANDED IN and what came of it: manifests, artifacts, tables and every change of state."""
