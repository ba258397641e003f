"""Weights as data: found, read without running anything in them, and held against the network."""
