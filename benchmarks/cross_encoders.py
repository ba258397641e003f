"""Cross-encoders of the published sizes with random weights, and how they match with no loop around them."""

from pathlib import Path
from typing import Any

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = (*MARKS, "a", "street", "with", "cars", "and", "dog", "that", "looks", "at", "them", "from", "window")


def write_blip(folder: Path) -> str:
    """Write BLIP base with random weights; returns the reference that loads it."""
    from transformers import BertTokenizer, BlipConfig, BlipForImageTextRetrieval, BlipImageProcessorPil

    text = {"vocab_size": 30524, "bos_token_id": 30522, "encoder_hidden_size": 768}
    network = BlipForImageTextRetrieval(BlipConfig(text_config=text, vision_config={"image_size": 384}))
    network.save_pretrained(folder)
    BertTokenizer(vocab={word: place for place, word in enumerate(WORDS)}).save_pretrained(folder)
    BlipImageProcessorPil(size={"height": 384, "width": 384}).save_pretrained(folder)
    return f"blip:local-dir:{folder}"


def write_xvlm(folder: Path) -> str:
    """Write X-VLM base with random weights; returns the reference that loads it."""
    from safetensors.torch import save_file

    from evaluator.networks.xvlm import Xvlm
    from evaluator.networks.xvlm_sizes import XvlmSizes

    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in WORDS), encoding="utf-8")
    state = {}
    for key, weight in Xvlm(XvlmSizes()).state_dict().items():
        parts = key.split(".")
        if "downsample" in parts:
            # As the authors number it: after the stage before, not before the stage after.
            parts[2] = str(int(parts[2]) - 1)
        state[".".join(parts)] = weight.contiguous()
    save_file(state, folder / "random.safetensors")
    return f"xvlm:file:{folder / 'random.safetensors'}"


def read_blip(model: Any, states: Any) -> tuple[Any, Any]:
    """Return captions as the network matches them, where it computes."""
    from evaluator.caption_ids import as_tensors

    return as_tensors(states, model.device)


def match_blip(model: Any, batch: Any, read: tuple[Any, Any], *, repeats: bool) -> Any:
    """See one picture and match it with captions, the picture repeated for each as in the authors' scripts or not."""
    ids, mask = read
    seen = model.network.vision_model(pixel_values=model.on_device(batch)).last_hidden_state
    seen = seen.expand(len(ids), -1, -1) if repeats else seen
    found = model.network.text_encoder(input_ids=ids, attention_mask=mask, encoder_hidden_states=seen)
    return model.network.itm_head(found.last_hidden_state[:, 0])[:, 1].float()


def read_xvlm(model: Any, states: Any) -> tuple[Any, Any]:
    """Return captions as the network matches them, where it computes."""
    import torch

    longest = int(states["mask"].sum(axis=1).max())
    cut = (torch.from_numpy(states[name][:, :longest].copy()).to(model.device) for name in ("states", "mask"))
    read, mask = cut
    return read.to(model.dtype), mask


def match_xvlm(model: Any, batch: Any, read: tuple[Any, Any], *, repeats: bool) -> Any:
    """See one picture and match it with captions, the picture repeated for each as in the authors' scripts or not."""
    seen = model.network.image_states(batch.to(model.device, model.dtype, non_blocking=True))
    seen = seen.repeat(len(read[0]), 1, 1) if repeats else seen
    return model.network.match_logits(model.network.picture_keys_values(seen), *read)[:, 1]


FAMILIES = {"blip": (write_blip, read_blip, match_blip), "xvlm": (write_xvlm, read_xvlm, match_xvlm)}
