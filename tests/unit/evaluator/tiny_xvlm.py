"""A tiny X-VLM with random weights, written as its authors publish checkpoints.

    reference = write_tiny_xvlm(tmp_path)          # xvlm:file:.../tiny.pth
    encoder = load_model(reference, ModelRequest(name="", anywhere=True))

Beside the weights lie `xvlm.json` with the sizes and `vocab.txt`. It sees pictures of 32 pixels; `xvlm:file:PATH@64`
loads the same file for 64 pixels, its position biases interpolated.
"""

import dataclasses
import json

WORDS = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "an", "the", "two", "three", "red", "green", "blue", "yellow"),
    *("small", "large", "very", "old", "young", "dog", "cat", "bird", "man", "woman", "person", "box", "ball", "table"),
    *("sea", "night", "street", "photo", "with", "on", "in", "at", "of", "and", "is", "x", "##s", "##ing", "##ed"),
)
SIZES = {
    "image_size": 32,
    "window": 4,
    "swin_width": 16,
    "swin_depths": [2, 2],
    "swin_heads": [1, 2],
    "vocabulary": 64,
    "positions": 32,
    "hidden": 24,
    "heads": 2,
    "layers": 4,
    "text_layers": 2,
    "mlp": 48,
    "embedding": 16,
    "max_tokens": 14,
    "max_words": 9,
}


def write_tiny_xvlm(folder, *, name="tiny.pth", seed=0, pretraining=False):
    """Write a checkpoint with its sizes and vocabulary into a folder; returns the reference that loads it.

    Args:
        folder: Is created.
        name: Of the file; one that ends in .safetensors is written as such.
        seed: Of its weights.
        pretraining: Whether it has the layout and the further heads of a checkpoint from pre-training.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "xvlm.json").write_text(json.dumps(SIZES), encoding="utf-8")
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in WORDS), encoding="utf-8")
    state = published_state(seed)
    if pretraining:
        state = as_pretraining(state)
    if name.endswith(".safetensors"):
        save_file({key: weight.contiguous() for key, weight in state.items()}, folder / name)
    else:
        torch.save({"model": state, "epoch": 9, "config": {"k_test": 256}}, folder / name)
    return f"xvlm:file:{folder / name}"


def tiny_sizes(**changes):
    from evaluator.networks.xvlm_sizes import XvlmSizes

    lists = {key: tuple(value) if isinstance(value, list) else value for key, value in SIZES.items()}
    return dataclasses.replace(XvlmSizes(**lists), **changes)


def published_state(seed=0):
    """Random weights under the published keys, with the buffers that lie among them."""
    import torch

    from evaluator.networks.xvlm import Xvlm

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Xvlm(tiny_sizes())
        for weight in network.parameters():
            if weight.ndim > 1:
                weight.data.normal_(std=0.25)
    state = {}
    for key, weight in network.state_dict().items():
        parts = key.split(".")
        if "downsample" in parts:
            parts[2] = str(int(parts[2]) - 1)
        state[".".join(parts)] = weight
    block = "vision_encoder.layers.0.blocks.1"
    state[f"{block}.attn_mask"] = torch.zeros(4, 16, 16)
    state[f"{block}.attn.relative_position_index"] = torch.zeros(16, 16, dtype=torch.int64)
    state["text_encoder.embeddings.position_ids"] = torch.arange(SIZES["positions"])[None]
    return state


def as_pretraining(state):
    """The same weights as a pre-training checkpoint holds them."""
    import torch

    changed = {key.replace("text_encoder.", "text_encoder.bert.", 1): weight for key, weight in state.items()}
    changed["bbox_head.0.weight"] = torch.zeros(4, 24)
    changed["text_encoder.cls.predictions.bias"] = torch.zeros(64)
    return changed
