"""Pictures and captions become embeddings, once for all protocols and seeds."""
