"""Two stages: embeddings choose candidates, a cross-encoder orders them."""
