"""Tiny cross-encoders with random weights, written as folders like those of the hub, without a hub."""

from pathlib import Path

WORDS = (
    *(
        "a",
        "the",
        "on",
        "at",
        "of",
        "in",
        "two",
        "very",
        "small",
        "red",
        "yellow",
        "blue",
        "box",
        "table",
        "dogs",
        "dog",
    ),
    *("bird", "with", "beak", "sea", "night", "x", "photo", ",", "."),
)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
BERT = {word: place for place, word in enumerate((*SPECIAL, *WORDS))}
TEXT = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
VISION = {**TEXT, "image_size": 32, "patch_size": 16}
SQUARE = {"height": 32, "width": 32}


def spread(network, seed=0):
    """Enlarge fresh weights, so that different inputs are told apart by more than the last bits."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=0.12, generator=generator)
    return network


def write(folder: Path, network, tokenizer, processor) -> Path:
    """Save all that a checkpoint of the hub has."""
    spread(network).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def bert_tokenizer():
    from transformers import BertTokenizer

    return BertTokenizer(vocab=dict(BERT))


def roberta_tokenizer():
    """Byte pairs of single characters: enough for any caption."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import RobertaTokenizer

    marks = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    vocabulary = {piece: place for place, piece in enumerate([*marks, *sorted(ByteLevel.alphabet())])}
    return RobertaTokenizer(vocab=vocabulary, merges=[])


def write_blip(folder: Path) -> Path:
    from transformers import BlipConfig, BlipForImageTextRetrieval, BlipImageProcessorPil

    # As in the real ones, the network knows two tokens more than the tokenizer.
    n = len(BERT)
    text = {"vocab_size": n + 2, "bos_token_id": n, "sep_token_id": BERT["[SEP]"], "max_position_embeddings": 64}
    config = BlipConfig(
        text_config={**TEXT, **text, "encoder_hidden_size": 32, "projection_dim": 16},
        vision_config={**VISION, "projection_dim": 16},
        image_text_hidden_size=16,
    )
    return write(folder, BlipForImageTextRetrieval(config), bert_tokenizer(), BlipImageProcessorPil(size=SQUARE))


def write_blip2(folder: Path) -> Path:
    from transformers import Blip2Config, Blip2ForImageTextRetrieval, BlipImageProcessorPil

    qformer = {"vocab_size": len(BERT), "encoder_hidden_size": 32, "max_position_embeddings": 64, "pad_token_id": 0}
    config = Blip2Config(
        vision_config=dict(VISION),
        qformer_config={**TEXT, **qformer, "cross_attention_frequency": 1, "use_qformer_text_input": True},
        num_query_tokens=3,
        image_text_hidden_size=16,
    )
    network = Blip2ForImageTextRetrieval(config)
    return write(folder, network, bert_tokenizer(), BlipImageProcessorPil(size=SQUARE))


def write_vilt(folder: Path) -> Path:
    from transformers import ViltConfig, ViltForImageAndTextRetrieval, ViltImageProcessorPil

    config = ViltConfig(**{**VISION, "image_size": 64}, vocab_size=len(BERT), max_position_embeddings=40)
    processor = ViltImageProcessorPil(size={"shortest_edge": 64}, size_divisor=16)
    return write(folder, ViltForImageAndTextRetrieval(config), bert_tokenizer(), processor)


def bridgetower_config(**changes):
    from transformers import BridgeTowerConfig

    text = {"vocab_size": 261, "max_position_embeddings": 66, "num_hidden_layers": 3, "pad_token_id": 1}
    return BridgeTowerConfig(
        hidden_size=64,
        num_attention_heads=4,
        num_hidden_layers=2,
        text_config={**TEXT, **text, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 96},
        vision_config={"hidden_size": 64, "num_hidden_layers": 3, "patch_size": 16, "image_size": 32},
        **changes,
    )


def write_bridgetower(folder: Path, **changes) -> Path:
    from transformers import BridgeTowerForImageAndTextRetrieval, BridgeTowerImageProcessorPil

    edge = {"shortest_edge": 32}
    processor = BridgeTowerImageProcessorPil(size=edge, crop_size=edge, size_divisor=16)
    network = BridgeTowerForImageAndTextRetrieval(bridgetower_config(**changes))
    return write(folder, network, roberta_tokenizer(), processor)


def write_contrastive_bridgetower(folder: Path) -> Path:
    """As the real one: all heads in one file, and no start value for the temperature in the configuration."""
    import json

    from safetensors.torch import load_file, save_file
    from transformers import BridgeTowerForContrastiveLearning

    write_bridgetower(folder)
    state = load_file(folder / "model.safetensors")
    config = bridgetower_config()
    config.logit_scale_init_value, config.contrastive_hidden_size = 2.6592, 16
    network = spread(BridgeTowerForContrastiveLearning(config), 1)
    network.save_pretrained(folder)
    own = load_file(folder / "model.safetensors")
    save_file({**own, **state}, folder / "model.safetensors", metadata={"format": "pt"})
    written = json.loads((folder / "config.json").read_text())
    del written["logit_scale_init_value"]
    (folder / "config.json").write_text(json.dumps(written))
    return folder
