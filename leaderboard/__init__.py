"""WHERE it is shown: the boards, and the assembled `rematch` command."""
