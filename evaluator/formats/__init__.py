"""One module per score format."""
