"""A small real encoder in torch, with layers whose results may depend on how a batch is put together."""

import torch
from torch import nn
from torch.nn import functional

from evaluator.model import EncoderFacts


class TorchEncoder:
    """A patch convolution and two transformer layers for pictures, letters in a transformer layer for captions."""

    def __init__(self, *, seed=0, precision="fp32"):
        torch.manual_seed(seed)
        self.dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        layer = nn.TransformerEncoderLayer(48, 4, 96, batch_first=True)
        self.patches = nn.Conv2d(3, 48, 8, 8).to(self.dtype).eval()
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).to(self.dtype).eval()
        self.letters = nn.Embedding(128, 48).to(self.dtype).eval()
        self.shapes = []

    @property
    def facts(self):
        return EncoderFacts("torch:small", None, "3" * 64, 1, "pixels / 255", "none", "letters", 20, str(self.dtype))

    def prepare_image(self, picture):
        pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
        return pixels.reshape(picture.height, picture.width, 3).permute(2, 0, 1).float() / 255

    def collate_images(self, prepared):
        return torch.stack(prepared)

    def encode_images(self, batch):
        self.shapes.append(tuple(batch.shape))
        return self._rows(self.patches(batch.to(self.dtype)).flatten(2).transpose(1, 2))

    def encode_captions(self, captions):
        ids = torch.zeros(len(captions), 20, dtype=torch.long)
        for row, caption in zip(ids, captions, strict=True):
            text = torch.tensor([ord(letter) % 128 for letter in caption[:20]])
            row[: len(text)] = text
        return self._rows(self.letters(ids))

    def count_truncated(self, captions):
        return sum(len(caption) > 20 for caption in captions)

    def _rows(self, tokens):
        return functional.normalize(self.layers(tokens).mean(dim=1).float(), dim=-1)
