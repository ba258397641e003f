"""The parameters that are written down of cross-encoders are those of the networks that the library builds."""

import pytest
import torch
from transformers import (
    Blip2Config,
    Blip2ForImageTextRetrieval,
    BlipConfig,
    BlipForImageTextRetrieval,
    BridgeTowerConfig,
    BridgeTowerForImageAndTextRetrieval,
    ViltConfig,
    ViltForImageAndTextRetrieval,
)

from evaluator.checkpoints import find_known

LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}


def _blip_2(pixels):
    configuration = Blip2Config(vision_config={"image_size": pixels})
    configuration.qformer_config.use_qformer_text_input = True
    configuration.qformer_config.vocab_size = 30523
    return Blip2ForImageTextRetrieval(configuration)


NETWORKS = {
    "blip:Salesforce/blip-itm-base-coco": lambda: BlipForImageTextRetrieval(BlipConfig()),
    "blip:Salesforce/blip-itm-large-coco": lambda: BlipForImageTextRetrieval(
        BlipConfig(vision_config={**LARGE, "image_size": 384}, text_config={"encoder_hidden_size": 1024})
    ),
    "blip2:Salesforce/blip2-itm-vit-g": lambda: _blip_2(224),
    "blip2:Salesforce/blip2-itm-vit-g-coco": lambda: _blip_2(364),
    "vilt:dandelin/vilt-b32-finetuned-coco": lambda: ViltForImageAndTextRetrieval(ViltConfig()),
    "bridgetower:BridgeTower/bridgetower-base-itm-mlm": lambda: BridgeTowerForImageAndTextRetrieval(
        BridgeTowerConfig()
    ),
}


@pytest.mark.parametrize("reference", NETWORKS)
def test_written_parameters_are_those_of_the_network_of_that_size(reference):
    with torch.device("meta"):
        network = NETWORKS[reference]()
    assert sum(one.numel() for one in network.parameters()) == find_known(reference).checkpoint.parameters
