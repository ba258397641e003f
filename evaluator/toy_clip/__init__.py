"""One tiny CLIP, trained on the toy datasets in minutes: a real model with learned weights and no download.

Only `recipe` and `checkpoints` may be imported without torch; the rest is loaded where a model is trained.
"""
