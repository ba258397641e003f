"""One archive with all that a board consists of, and the way back from it into an empty database."""
