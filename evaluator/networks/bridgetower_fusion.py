"""BridgeTower's forward pass in two halves, so that a picture is seen once for all captions it is matched with."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

TEXT, PICTURE = 0, 1


def see(model: Any, pixels: Tensor) -> tuple[Tensor, ...]:
    """Run the vision tower of a BridgeTowerModel on pictures of shape (n, 3, height, width).

    Returns:
        The input of each cross-modal layer, shape (n, tokens, width).
    """
    visual, depth = model.vision_model.visual, model.config.num_hidden_layers
    blocks = visual.transformer.resblocks[: len(model.text_model.encoder.layer)]
    kind = _kind(model, PICTURE)
    hidden, bridges = visual.forward_pre(pixels), []
    for index, block in enumerate(blocks):
        hidden = block(hidden)
        layer = index - (len(blocks) - depth)
        if layer >= 0:
            bridges.append(_transformed(model, "image", layer, visual.forward_post(hidden)) + kind)
    return tuple(bridges)


def read(model: Any, ids: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
    """Run the text tower on captions.

    Returns:
        The input of each cross-modal layer, the tower's last layer, and the mask that is added to attention.
    """
    layers, depth = model.text_model.encoder.layer, model.config.num_hidden_layers
    hidden = model.text_model.embeddings(input_ids=ids)
    added = torch.zeros(mask.shape, dtype=hidden.dtype, device=hidden.device)
    added = added.masked_fill(mask == 0, torch.finfo(hidden.dtype).min)[:, None, None, :]
    kind, bridges = _kind(model, TEXT), []
    for index, block in enumerate(layers):
        hidden = block(hidden, added)
        layer = index - (len(layers) - depth)
        if layer >= 0:
            bridges.append(_transformed(model, "text", layer, hidden) + kind)
    return bridges, hidden, added


def fuse(model: Any, seen: Sequence[Tensor], ids: Tensor, mask: Tensor) -> Tensor:
    """Fuse one picture with n captions; returns what the matching head takes, shape (n, 2 * width)."""
    texts, _, added = read(model, ids, mask)
    text = model.cross_modal_text_layernorm(texts[0])
    picture = model.cross_modal_image_layernorm(seen[0]).expand(len(ids), -1, -1)
    for layer, (text_layer, picture_layer) in enumerate(
        zip(model.cross_modal_text_layers, model.cross_modal_image_layers, strict=True)
    ):
        if layer:
            text = model.cross_modal_text_link_tower[layer - 1](texts[layer], text, added)
            picture = model.cross_modal_image_link_tower[layer - 1](seen[layer].expand(len(ids), -1, -1), picture, None)
        text, picture = (
            text_layer(text, picture, attention_mask=added)[0],
            picture_layer(picture, text, encoder_attention_mask=added)[0],
        )
    fused: Tensor = model.get_cls_features(text, picture)
    return fused


def _kind(model: Any, which: int) -> Tensor:
    kind: Tensor = model.token_type_embeddings.weight[which]
    return kind


def _transformed(model: Any, tower: str, layer: int, hidden: Tensor) -> Tensor:
    transform = getattr(model, f"cross_modal_{tower}_transform")
    found: Tensor = (transform if model.config.share_cross_modal_transformer_layers else transform[layer])(hidden)
    return found
