"""Tiny checkpoints with random weights, built without a hub: what the families of models are tested on.

Each function writes a folder as the library would, and returns it. Weights depend on nothing but the seed.
"""

import json
from pathlib import Path

WORDS = [*"ax,.!", "the", "on", "at", "of", "in", "two", "very", "small", "red", "yellow", "green", "blue", "box"]
WORDS += ["dogs", "table", "bird", "with", "beak", "sea", "night", "and", "is", "photo", "man", "scene", "object", "no"]
VOCABULARY = {
    word: place
    for place, word in enumerate(
        ("<pad>", "<s>", "<unk>", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "</s>")
    )
}
CONTEXT = 16
IMAGE_SIZE = 32


# open_clip ------------------------------------------------------------------------------------------------------------


def tiny_open_clip_config(**changes) -> dict:
    """What a file of `open_clip/configs` says: 1.6 million parameters, nearly all of them the vocabulary's."""
    vision = {"image_size": IMAGE_SIZE, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16}
    text = {"context_length": CONTEXT, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
    return {"embed_dim": 24, "vision_cfg": vision, "text_cfg": text, **changes}


def write_tiny_open_clip(folder: Path, *, seed: int = 0, config: dict | None = None, half: bool = False) -> Path:
    """Write a folder that `open_clip:local-dir:FOLDER` names: a configuration and safetensors."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    model_cfg = config or tiny_open_clip_config()
    preprocess = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28], "interpolation": "bicubic"}
    document = {"model_cfg": model_cfg, "preprocess_cfg": {"size": IMAGE_SIZE, **preprocess}}
    (folder / "open_clip_config.json").write_text(json.dumps(document), encoding="utf-8")
    torch.manual_seed(seed)
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False)
    state = {key: value.contiguous() for key, value in spread(model).state_dict().items()}
    if half:
        state = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    save_file(state, folder / "open_clip_model.safetensors")
    return folder


def write_tiny_open_clip_with_bert(folder: Path) -> Path:
    """The same with a text tower and a tokenizer of transformers, which lie in the folder, and a tower of timm."""
    from transformers import BertConfig

    BertConfig(**text_tower()).save_pretrained(folder / "tower")
    bert_tokenizer().save_pretrained(folder)
    tower = {"hf_model_name": str(folder / "tower"), "hf_tokenizer_name": "tiny/bert", "hf_proj_type": "mlp"}
    vision = {"timm_model_name": "test_vit", "timm_pool": "avg", "timm_proj": "linear", "image_size": IMAGE_SIZE}
    config = {"embed_dim": 24, "vision_cfg": vision, "text_cfg": {**tower, "context_length": CONTEXT}}
    return write_tiny_open_clip(folder, config=config)


def spread(model):
    """Enlarge fresh weights, so that different inputs are told apart by more than the last bits."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=0.3)
    return model


# transformers ---------------------------------------------------------------------------------------------------------


def word_tokenizer(**changes):
    """A tokenizer of whole words in lower case that ends every caption with its end token, like CLIP's."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, "<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("<s>", VOCABULARY["<s>"]), ("</s>", VOCABULARY["</s>"])]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    names = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=CONTEXT, **{**names, **changes})


def bert_tokenizer(**changes):
    """A tokenizer of the kind that BERT has."""
    from transformers import BertTokenizer

    return BertTokenizer(vocab=dict(VOCABULARY), **{"model_max_length": CONTEXT, **changes})


def small_tower(**changes) -> dict:
    """The sizes that most towers of transformers share."""
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    return {**sizes, **changes}


def text_tower(**changes) -> dict:
    """A text tower for the vocabulary above."""
    ends = {"bos_token_id": VOCABULARY["<s>"], "eos_token_id": VOCABULARY["</s>"], "pad_token_id": 0}
    return small_tower(vocab_size=len(VOCABULARY), max_position_embeddings=CONTEXT, **{**ends, **changes})


def vision_tower(**changes) -> dict:
    """A vision tower of four patches."""
    return small_tower(image_size=IMAGE_SIZE, patch_size=16, **changes)


def write_folder(folder: Path, model, tokenizer, image_processor, *, seed: int = 0) -> Path:
    """Save a model of transformers with its tokenizer and image processor."""
    import torch

    torch.manual_seed(seed)
    spread(model).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    image_processor.save_pretrained(folder)
    return folder


def clip_pictures():
    """CLIP's way with pictures: shorter side, then the middle."""
    from transformers import CLIPImageProcessorPil

    size = {"shortest_edge": IMAGE_SIZE}
    return CLIPImageProcessorPil(size=size, crop_size={"height": IMAGE_SIZE, "width": IMAGE_SIZE})


def write_tiny_clip(folder: Path, *, seed: int = 0) -> Path:
    """A folder that `transformers:local-dir:FOLDER` names: CLIP."""
    from transformers import CLIPConfig, CLIPModel

    config = CLIPConfig(text_config=text_tower(), vision_config=vision_tower(), projection_dim=24)
    return write_folder(folder, CLIPModel(config), word_tokenizer(), clip_pictures(), seed=seed)


def write_tiny_metaclip_2(folder: Path) -> Path:
    """The same with CLIP's multilingual successor."""
    from transformers import MetaClip2Config, MetaClip2Model

    config = MetaClip2Config(text_config=text_tower(), vision_config=vision_tower(), projection_dim=24)
    return write_folder(folder, MetaClip2Model(config), word_tokenizer(), clip_pictures())


def write_tiny_altclip(folder: Path) -> Path:
    """AltCLIP, whose text tower is an XLM-RoBERTa: its positions begin after the padding's."""
    from transformers import AltCLIPConfig, AltCLIPModel

    text = text_tower(project_dim=32) | {"max_position_embeddings": CONTEXT + 1}
    config = AltCLIPConfig(text_config=text, vision_config=vision_tower(), projection_dim=24)
    return write_folder(folder, AltCLIPModel(config), word_tokenizer(), clip_pictures())


def write_tiny_chinese_clip(folder: Path) -> Path:
    """Chinese-CLIP, whose text tower is a BERT."""
    from transformers import ChineseCLIPConfig, ChineseCLIPImageProcessorPil, ChineseCLIPModel

    config = ChineseCLIPConfig(text_config=text_tower(), vision_config=vision_tower(), projection_dim=24)
    size = {"height": IMAGE_SIZE, "width": IMAGE_SIZE}
    pictures = ChineseCLIPImageProcessorPil(size=size, do_center_crop=False)
    return write_folder(folder, ChineseCLIPModel(config), bert_tokenizer(), pictures)


def write_tiny_siglip(folder: Path, *, tokenizer=None) -> Path:
    """SigLIP of one resolution."""
    from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipModel

    tokenizer = tokenizer or word_tokenizer()
    text = text_tower(projection_size=32) | {"vocab_size": max(len(tokenizer), len(VOCABULARY))}
    config = SiglipConfig(text_config=text, vision_config=vision_tower())
    pictures = SiglipImageProcessorPil(size={"height": IMAGE_SIZE, "width": IMAGE_SIZE})
    return write_folder(folder, SiglipModel(config), tokenizer, pictures)


def write_tiny_siglip2(folder: Path) -> Path:
    """SigLIP 2 with pictures of any proportions."""
    from transformers import Siglip2Config, Siglip2ImageProcessorPil, Siglip2Model

    vision = small_tower(num_patches=16, patch_size=8)
    config = Siglip2Config(text_config=text_tower(projection_size=32), vision_config=vision)
    pictures = Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16)
    return write_folder(folder, Siglip2Model(config), word_tokenizer(), pictures)


def write_tiny_align(folder: Path) -> Path:
    """ALIGN, whose vision tower is an EfficientNet."""
    from transformers import AlignConfig, AlignModel, EfficientNetImageProcessorPil

    vision = {
        "image_size": IMAGE_SIZE,
        "kernel_sizes": [3, 3, 5],
        "in_channels": [32, 16, 24],
        "out_channels": [16, 24, 32],
        "strides": [1, 1, 2],
        "num_block_repeats": [1, 1, 2],
        "expand_ratios": [1, 6, 6],
        "depthwise_padding": [],
        "hidden_dim": 32,
        "depth_divisor": 8,
        "width_coefficient": 1.0,
        "depth_coefficient": 1.0,
    }
    config = AlignConfig(text_config=text_tower(), vision_config=vision, projection_dim=32)
    size = {"height": IMAGE_SIZE, "width": IMAGE_SIZE}
    pictures = EfficientNetImageProcessorPil(size=size, crop_size=size)
    return write_folder(folder, AlignModel(config), bert_tokenizer(), pictures)


def write_tiny_dual(folder: Path) -> Path:
    """Two towers of any kind, joined: a ViT and a BERT."""
    from transformers import (
        BertConfig,
        VisionTextDualEncoderConfig,
        VisionTextDualEncoderModel,
        ViTConfig,
        ViTImageProcessorPil,
    )

    towers = ViTConfig(**vision_tower()), BertConfig(**text_tower())
    config = VisionTextDualEncoderConfig.from_vision_text_configs(*towers, projection_dim=24)
    pictures = ViTImageProcessorPil(size={"height": IMAGE_SIZE, "width": IMAGE_SIZE})
    return write_folder(folder, VisionTextDualEncoderModel(config), bert_tokenizer(), pictures)


def write_tiny_flava(folder: Path) -> Path:
    """FLAVA, which gives a vector for every token."""
    from transformers import FlavaConfig, FlavaImageProcessorPil, FlavaModel

    config = FlavaConfig(
        text_config=text_tower(),
        image_config=vision_tower(),
        multimodal_config=small_tower(),
        image_codebook_config={"hidden_size": 8, "num_groups": 1, "vocab_size": 8},
        hidden_size=32,
        projection_dim=24,
    )
    size = {"height": IMAGE_SIZE, "width": IMAGE_SIZE}
    return write_folder(folder, FlavaModel(config), bert_tokenizer(), FlavaImageProcessorPil(size=size, crop_size=size))


DUAL_ENCODERS = {
    "clip": write_tiny_clip,
    "metaclip_2": write_tiny_metaclip_2,
    "altclip": write_tiny_altclip,
    "chinese_clip": write_tiny_chinese_clip,
    "siglip": write_tiny_siglip,
    "siglip2": write_tiny_siglip2,
    "align": write_tiny_align,
    "vision-text-dual-encoder": write_tiny_dual,
    "flava": write_tiny_flava,
}
"""What writes a tiny checkpoint of each type of model that transformers calls so."""
