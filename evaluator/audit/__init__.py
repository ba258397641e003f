"""Reported numbers held against reproduced ones: claims, what is wrong with a table, verdicts, explanations, order."""
