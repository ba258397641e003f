"""X-VLM as its authors published it: a Swin image encoder, BERT as text encoder and fusion, and a matching head."""

import torch
from timm.models.swin_transformer import SwinTransformer
from torch import Tensor, nn
from torch.nn import functional

from evaluator.networks.xvlm_sizes import XvlmSizes
from evaluator.networks.xvlm_text import KeysValues, TextEncoder

MATCHES = 1
"""Which of the two logits of the matching head says that picture and caption belong together."""


class Xvlm(nn.Module):
    """The network for retrieval: what `ALBEF`-like two-stage evaluation needs of it, and nothing of its training."""

    def __init__(self, sizes: XvlmSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.vision_encoder = _swin(sizes)
        self.text_encoder = TextEncoder(sizes)
        self.vision_proj = nn.Linear(sizes.vision_width, sizes.embedding)
        self.text_proj = nn.Linear(sizes.hidden, sizes.embedding)
        # Scales the loss in training; kept because the checkpoints have it.
        self.temp = nn.Parameter(torch.tensor(0.07))
        self.itm_head = nn.Sequential(
            nn.Linear(sizes.hidden, 2 * sizes.hidden),
            nn.LayerNorm(2 * sizes.hidden),
            nn.GELU(),
            nn.Linear(2 * sizes.hidden, 2),
        )

    def image_states(self, pixels: Tensor) -> Tensor:
        """Compute the tokens of pictures, their mean before them: (pictures, 1 + tokens, width)."""
        tokens = self.vision_encoder.forward_features(pixels).flatten(1, 2)
        return torch.cat([tokens.mean(dim=1, keepdim=True), tokens], dim=1)

    def image_embeddings(self, states: Tensor) -> Tensor:
        """Project pictures into the common space, as float32 rows of length 1."""
        return functional.normalize(self.vision_proj(states[:, 0]).float(), dim=-1)

    def text_states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Compute the states of captions by themselves: (captions, tokens, hidden)."""
        states: Tensor = self.text_encoder(ids, mask)
        return states

    def text_embeddings(self, states: Tensor) -> Tensor:
        """Project captions into the common space, as float32 rows of length 1."""
        return functional.normalize(self.text_proj(states[:, 0]).float(), dim=-1)

    def picture_keys_values(self, image_states: Tensor) -> list[KeysValues]:
        """Compute once per picture what `match_logits` needs of it."""
        return self.text_encoder.picture_keys_values(image_states)

    def match_logits(self, pictures: list[KeysValues], text_states: Tensor, mask: Tensor) -> Tensor:
        """Compute both logits of the matching head for captions with one picture, or with one each."""
        fused = self.text_encoder.fuse(text_states, mask, pictures)
        logits: Tensor = self.itm_head(fused[:, 0])
        return logits.float()


def _swin(sizes: XvlmSizes) -> SwinTransformer:
    swin = SwinTransformer(
        img_size=sizes.image_size,
        patch_size=sizes.patch,
        num_classes=0,
        global_pool="",
        embed_dim=sizes.swin_width,
        depths=sizes.swin_depths,
        num_heads=sizes.swin_heads,
        window_size=sizes.window,
        drop_path_rate=0.0,
    )
    for module in swin.modules():
        if hasattr(module, "fused_attn"):
            # Otherwise an environment variable of timm chooses how attention is computed.
            module.fused_attn = False
    return swin
