"""What can be wrong with a model that is to be loaded or run."""

from splits.errors import RematchError


class ModelError(RematchError):
    """A model that cannot be loaded or run as asked: one clear message."""


class MissingHereError(ModelError):
    """Something a model needs is not on this machine, such as its weights or a package: mending it here helps."""


class UnreadableCaptionError(ModelError):
    """A caption that a model cannot read; whoever knows which one it is says its id beside the reason."""

    def __init__(self, caption: str, reason: str) -> None:
        """Keep the caption, as the model was given it."""
        super().__init__(reason)
        self.caption = caption
