"""How large an X-VLM network is; the official one unless a file says otherwise. Needs no torch."""

from dataclasses import dataclass, fields, replace

from pydantic import ConfigDict

from evaluator.model import ModelError


@dataclass(frozen=True, slots=True)
class XvlmSizes:
    """Every size of the network and of its input, checked when built."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    image_size: int = 384
    window: int = 12
    """Tokens along one side of an attention window; grows with the picture."""
    patch: int = 4
    swin_width: int = 128
    """Channels of the first stage; they double with every further one."""
    swin_depths: tuple[int, ...] = (2, 2, 18, 2)
    swin_heads: tuple[int, ...] = (4, 8, 16, 32)
    vocabulary: int = 30_522
    positions: int = 512
    hidden: int = 768
    heads: int = 12
    layers: int = 12
    text_layers: int = 6
    """How many of the layers see the caption alone; the others also see the picture."""
    mlp: int = 3_072
    embedding: int = 256
    max_tokens: int = 40
    max_words: int = 30

    def __post_init__(self) -> None:
        """Check that such a network can be built."""
        for field in fields(self):
            values = getattr(self, field.name)
            for value in values if isinstance(values, tuple) else (values,):
                if value < 1:
                    raise ModelError(f"The size {field.name} of an X-VLM network is {value}, expected at least 1.")
        self._check_vision()
        for part, width, heads in (("hidden", self.hidden, self.heads), *self._stages()):
            if width % heads:
                raise ModelError(f"The width {width} ({part}) of an X-VLM network is no multiple of its {heads} heads.")
        if self.text_layers >= self.layers or self.max_tokens > self.positions:
            raise ModelError(
                f"An X-VLM network has fewer text layers than layers, found {self.text_layers} of {self.layers}, and"
                f" at least one position per token, found {self.positions} for {self.max_tokens}."
            )

    @property
    def vision_width(self) -> int:
        """Channels of the last stage, which are those of the picture's tokens."""
        return self.swin_width << (len(self.swin_depths) - 1)

    def at(self, image_size: int) -> "XvlmSizes":
        """Return the same network for pictures of another size, its windows covering the same share of them.

        Raises:
            ModelError: No whole number of tokens is that share.
        """
        window, rest = divmod(image_size * self.window, self.image_size)
        if rest or window < 1:
            raise ModelError(
                f"X-VLM cannot see pictures of {image_size} pixels: its windows, {self.window} tokens wide at"
                f" {self.image_size} pixels, would have no whole width. Use a multiple of {self.pixels_per_window}."
            )
        return replace(self, image_size=image_size, window=window)

    @property
    def pixels_per_window(self) -> int:
        """Pixels of the picture's side for each token of a window's side."""
        return self.image_size // self.window

    def with_window(self, window: int) -> "XvlmSizes":
        """Return the same network with another window, for pictures that grow with it."""
        return replace(self, window=window, image_size=self.pixels_per_window * window)

    def _stages(self) -> tuple[tuple[str, int, int], ...]:
        return tuple(
            (f"stage {stage}", self.swin_width * 2**stage, heads) for stage, heads in enumerate(self.swin_heads)
        )

    def _check_vision(self) -> None:
        if len(self.swin_depths) != len(self.swin_heads):
            raise ModelError(
                f"An X-VLM network has a depth and a number of heads per stage of its image encoder, found"
                f" {len(self.swin_depths)} depths and {len(self.swin_heads)} numbers of heads."
            )
        step = self.patch << (len(self.swin_depths) - 1)
        if self.image_size % step or self.image_size % self.window:
            raise ModelError(
                f"X-VLM pictures are a multiple of {step} and of the window {self.window} pixels wide,"
                f" found {self.image_size}."
            )
