"""Networks that no library offers, in plain torch; imported only where one is loaded."""
