"""`rematch demo`: the main job on the toy datasets, with no server, no download and no deep-learning framework."""
