"""The family `open_clip`: every architecture and tag that the library lists, repositories of the hub, and folders.

Longer than most modules, because the table of checkpoints has a line for each.
"""

import sys
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from evaluator.model import Checkpoint, ModelFamily
from evaluator.models.open_clip.encoder import load
from evaluator.models.open_clip.library_source import library_folder, listed_tags
from evaluator.models.open_clip.names import (
    OWN_ARCHITECTURES,
    QUICK,
    architectures,
    checked_tag,
    needs_quick_gelu,
    tags,
    unknown_architecture,
)
from evaluator.models.open_clip.sources import HUB, find_source
from evaluator.weights.pretrained_folder import FOLDER, check_source
from splits.catalog import natural_key


def check(name: str) -> None:
    """Refuse an unknown architecture or tag, and what can be no repository.

    The library is not loaded for it: that takes seconds and all of torch.

    Raises:
        ModelError: The name can be seen to be unknown.
    """
    if name.startswith((HUB, FOLDER)):
        check_source(OPEN_CLIP, name.removeprefix(HUB))
        return
    library = library_folder()
    if name in _KNOWN or library is None:
        return
    architecture, slash, tag = name.partition("/")
    folders = (library / "model_configs", OWN_ARCHITECTURES)
    known = sorted({path.stem for folder in folders for path in folder.glob("*.json")}, key=natural_key)
    if known and architecture not in known:
        raise unknown_architecture(architecture, known)
    listed = tags(architecture) if "open_clip" in sys.modules else listed_tags(architecture)
    if slash and listed is not None:
        checked_tag(architecture, tag, listed)


def spelling(name: str) -> str:
    """Return the name under which weights get the activation they were trained with.

    >>> spelling("ViT-B-32/openai")
    'ViT-B-32-quickgelu/openai'
    """
    architecture, _, tag = name.partition("/")
    quick = f"{architecture}{QUICK}/{tag}"
    return quick if quick in _KNOWN else name


def installed() -> list[Checkpoint]:
    """List what the installed library names beside the table below, every one under the name that computes it right."""
    import open_clip

    found = []
    for architecture in architectures():
        size = open_clip.get_model_config(architecture)["vision_cfg"].get("image_size")
        for tag in sorted(tags(architecture), key=natural_key):
            name = f"{architecture}/{tag}"
            if name not in _KNOWN and not needs_quick_gelu(architecture, tag):
                found.append(_derived(name, open_clip.get_pretrained_cfg(architecture, tag), size, tag))
        if (OWN_ARCHITECTURES / f"{architecture}.json").is_file():
            found.append(Checkpoint(name=architecture, source="a local file of weights", resolution=size, setting=""))
    return found


def _derived(name: str, settings: dict[str, Any], size: Any, tag: str) -> Checkpoint:
    repository, slash, _ = settings.get("hf_hub", "").rpartition("/")
    data = next((words for start, words in _DATA if tag.startswith(start)), "")
    return Checkpoint(
        name=name,
        source=f"{HUB}{repository}" if slash else settings.get("url", ""),
        resolution=max(size) if isinstance(size, list) else size,
        pretraining_data=data,
        setting="fine-tuned on COCO" if tag.startswith("mscoco_finetuned") else "zero-shot",
    )


_DATA = (
    ("openai", "WIT-400M"),
    ("laion400m", "LAION-400M"),
    ("laion2b", "LAION-2B"),
    ("mscoco_finetuned_laion2b", "LAION-2B, then COCO"),
    ("laion5b", "LAION-5B"),
    ("frozen_laion5b", "LAION-5B"),
    ("laion_aesthetic", "LAION-Aesthetics"),
    ("yfcc15m", "YFCC-15M"),
    ("cc12m", "CC12M"),
    ("datacompdr", "DataCompDR-1B"),
    ("datacomp_xl", "DataComp-1B"),
    ("datacomp1b", "DataComp-1B"),
    ("datacomp_", "DataComp"),
    ("commonpool", "CommonPool"),
    ("webli", "WebLI"),
    ("merged2b", "Merged-2B (LAION-2B and COYO-700M)"),
    ("metaclip2_worldwide", "MetaCLIP 2 worldwide"),
    ("metaclip_400m", "MetaCLIP-400M"),
    ("metaclip", "MetaCLIP-2.5B"),
    ("dfndr2b", "DFNDR-2B"),
    ("dfn2b", "DFN-2B"),
    ("dfn5b", "DFN-5B"),
)


class _Origin(NamedTuple):
    data: str
    licence: str
    citation: str


_OPENAI = _Origin("WIT-400M", "MIT", "Radford et al. 2021, CLIP, arXiv 2103.00020")
_LAION400M = _Origin("LAION-400M", "MIT", "Cherti et al. 2023, arXiv 2212.07143")
_LAION = _Origin("LAION-2B", "MIT", "Cherti et al. 2023, arXiv 2212.07143")
_DATACOMP = _Origin("DataComp-1B", "MIT", "Gadre et al. 2023, DataComp, arXiv 2304.14108")
_META400M = _Origin("MetaCLIP-400M", "CC-BY-NC-4.0", "Xu et al. 2024, MetaCLIP, arXiv 2309.16671")
_META = _Origin("MetaCLIP-2.5B", "CC-BY-NC-4.0", "Xu et al. 2024, MetaCLIP, arXiv 2309.16671")
_DFN2B = _Origin("DFN-2B", "Apple sample code licence", "Fang et al. 2024, DFN, arXiv 2309.17425")
_DFN5B = _Origin("DFN-5B", "Apple sample code licence", "Fang et al. 2024, DFN, arXiv 2309.17425")
_SIGLIP = _Origin("WebLI", "Apache-2.0", "Zhai et al. 2023, SigLIP, arXiv 2303.15343")
_SIGLIP2 = _Origin("WebLI", "Apache-2.0", "Tschannen et al. 2025, SigLIP 2, arXiv 2502.14786")
_COCA = _Origin("LAION-2B", "MIT", "Yu et al. 2022, CoCa, arXiv 2205.01917; trained by LAION")
_EVA = _Origin("Merged-2B (LAION-2B and COYO-700M)", "MIT", "Sun et al. 2023, EVA-CLIP, arXiv 2303.15389")
_PE = _Origin("", "Apache-2.0", "Bolya et al. 2025, Perception Encoder, arXiv 2504.13181")


def _row(
    name: str, parameters: int, pixels: int, origin: _Origin, source: str, setting: str = "zero-shot"
) -> Checkpoint:
    prompt = "a photo of {}" if origin is _OPENAI else None
    data, licence, citation = origin
    return Checkpoint(
        name=name,
        source=f"{HUB}{source}",
        licence=licence,
        parameters=parameters,
        resolution=pixels,
        pretraining_data=data,
        setting=setting,
        prompt=prompt,
        citation=citation,
    )


# One line each. Parameters were counted on the networks that open_clip 3.3 builds; revisions are below.
_ROWS = (
    _row("RN50-quickgelu/openai", 102_007_137, 224, _OPENAI, "timm/resnet50_clip.openai"),
    _row("RN101-quickgelu/openai", 119_688_033, 224, _OPENAI, "timm/resnet101_clip.openai"),
    _row("RN50x4-quickgelu/openai", 178_300_601, 288, _OPENAI, "timm/resnet50x4_clip.openai"),
    _row("RN50x16-quickgelu/openai", 290_979_217, 384, _OPENAI, "timm/resnet50x16_clip.openai"),
    _row("RN50x64-quickgelu/openai", 623_258_305, 448, _OPENAI, "timm/resnet50x64_clip.openai"),
    _row("ViT-B-32-quickgelu/openai", 151_277_313, 224, _OPENAI, "timm/vit_base_patch32_clip_224.openai"),
    _row("ViT-B-16-quickgelu/openai", 149_620_737, 224, _OPENAI, "timm/vit_base_patch16_clip_224.openai"),
    _row("ViT-L-14-quickgelu/openai", 427_616_513, 224, _OPENAI, "timm/vit_large_patch14_clip_224.openai"),
    _row("ViT-L-14-336-quickgelu/openai", 427_944_193, 336, _OPENAI, "timm/vit_large_patch14_clip_336.openai"),
    _row("ViT-B-16/laion400m_e32", 149_620_737, 224, _LAION400M, "timm/vit_base_patch16_clip_224.laion400m_e32"),
    _row("ViT-L-14/laion400m_e32", 427_616_513, 224, _LAION400M, "timm/vit_large_patch14_clip_224.laion400m_e32"),
    _row("ViT-B-32/laion2b_s34b_b79k", 151_277_313, 224, _LAION, "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"),
    _row("ViT-B-16/laion2b_s34b_b88k", 149_620_737, 224, _LAION, "laion/CLIP-ViT-B-16-laion2B-s34B-b88K"),
    _row("ViT-L-14/laion2b_s32b_b82k", 427_616_513, 224, _LAION, "laion/CLIP-ViT-L-14-laion2B-s32B-b82K"),
    _row("ViT-H-14/laion2b_s32b_b79k", 986_109_441, 224, _LAION, "laion/CLIP-ViT-H-14-laion2B-s32B-b79K"),
    _row("ViT-g-14/laion2b_s34b_b88k", 1_366_678_273, 224, _LAION, "laion/CLIP-ViT-g-14-laion2B-s34B-b88K"),
    _row("ViT-bigG-14/laion2b_s39b_b160k", 2_539_567_105, 224, _LAION, "laion/CLIP-ViT-bigG-14-laion2B-39B-b160k"),
    _row("ViT-B-32/datacomp_xl_s13b_b90k", 151_277_313, 224, _DATACOMP, "laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K"),
    _row("ViT-B-16/datacomp_xl_s13b_b90k", 149_620_737, 224, _DATACOMP, "laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K"),
    _row("ViT-L-14/datacomp_xl_s13b_b90k", 427_616_513, 224, _DATACOMP, "laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K"),
    _row(
        "ViT-B-16-quickgelu/metaclip_400m", 149_620_737, 224, _META400M, "timm/vit_base_patch16_clip_224.metaclip_400m"
    ),
    _row(
        "ViT-B-16-quickgelu/metaclip_fullcc", 149_620_737, 224, _META, "timm/vit_base_patch16_clip_224.metaclip_2pt5b"
    ),
    _row(
        "ViT-L-14-quickgelu/metaclip_fullcc", 427_616_513, 224, _META, "timm/vit_large_patch14_clip_224.metaclip_2pt5b"
    ),
    _row(
        "ViT-H-14-quickgelu/metaclip_fullcc", 986_109_441, 224, _META, "timm/vit_huge_patch14_clip_224.metaclip_2pt5b"
    ),
    _row("ViT-B-16-quickgelu/dfn2b", 149_620_737, 224, _DFN2B, "apple/DFN2B-CLIP-ViT-B-16"),
    _row("ViT-L-14-quickgelu/dfn2b", 427_616_513, 224, _DFN2B, "apple/DFN2B-CLIP-ViT-L-14"),
    _row("ViT-H-14-quickgelu/dfn5b", 986_109_441, 224, _DFN5B, "apple/DFN5B-CLIP-ViT-H-14"),
    _row("ViT-H-14-378-quickgelu/dfn5b", 986_714_881, 378, _DFN5B, "apple/DFN5B-CLIP-ViT-H-14-378"),
    _row("ViT-B-16-SigLIP/webli", 203_155_970, 224, _SIGLIP, "timm/ViT-B-16-SigLIP"),
    _row("ViT-B-16-SigLIP-256/webli", 203_202_050, 256, _SIGLIP, "timm/ViT-B-16-SigLIP-256"),
    _row("ViT-B-16-SigLIP-384/webli", 203_447_810, 384, _SIGLIP, "timm/ViT-B-16-SigLIP-384"),
    _row("ViT-L-16-SigLIP-256/webli", 652_150_786, 256, _SIGLIP, "timm/ViT-L-16-SigLIP-256"),
    _row("ViT-L-16-SigLIP-384/webli", 652_478_466, 384, _SIGLIP, "timm/ViT-L-16-SigLIP-384"),
    _row("ViT-SO400M-14-SigLIP/webli", 877_360_306, 224, _SIGLIP, "timm/ViT-SO400M-14-SigLIP"),
    _row("ViT-SO400M-14-SigLIP-384/webli", 877_960_498, 384, _SIGLIP, "timm/ViT-SO400M-14-SigLIP-384"),
    _row("ViT-B-16-SigLIP2/webli", 375_187_970, 224, _SIGLIP2, "timm/ViT-B-16-SigLIP2"),
    _row("ViT-L-16-SigLIP2-256/webli", 881_526_786, 256, _SIGLIP2, "timm/ViT-L-16-SigLIP2-256"),
    _row("ViT-SO400M-14-SigLIP2/webli", 1_135_463_602, 224, _SIGLIP2, "timm/ViT-SO400M-14-SigLIP2"),
    _row("ViT-SO400M-16-SigLIP2-384/webli", 1_136_039_602, 384, _SIGLIP2, "timm/ViT-SO400M-16-SigLIP2-384"),
    _row("ViT-gopt-16-SigLIP2-384/webli", 1_871_885_426, 384, _SIGLIP2, "timm/ViT-gopt-16-SigLIP2-384"),
    _row("coca_ViT-B-32/laion2b_s13b_b90k", 253_560_065, 224, _COCA, "laion/CoCa-ViT-B-32-laion2B-s13B-b90k"),
    _row("coca_ViT-L-14/laion2b_s13b_b90k", 638_450_177, 224, _COCA, "laion/CoCa-ViT-L-14-laion2B-s13B-b90k"),
    _row(
        "coca_ViT-L-14/mscoco_finetuned_laion2b_s13b_b90k",
        638_450_177,
        224,
        _COCA,
        "laion/mscoco_finetuned_CoCa-ViT-L-14-laion2B-s13B-b90k",
        "fine-tuned on COCO",
    ),
    _row(
        "EVA02-B-16/merged2b_s8b_b131k", 149_691_137, 224, _EVA, "timm/eva02_base_patch16_clip_224.merged2b_s8b_b131k"
    ),
    _row(
        "EVA02-L-14-336/merged2b_s6b_b61k",
        428_083_137,
        336,
        _EVA,
        "timm/eva02_large_patch14_clip_336.merged2b_s6b_b61k",
    ),
    _row("PE-Core-B-16/meta", 447_660_545, 224, _PE, "timm/PE-Core-B-16"),
    _row("PE-Core-L-14-336/meta", 671_138_817, 336, _PE, "timm/PE-Core-L-14-336"),
)
_REVISIONS = MappingProxyType(
    {
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K": "08f73555f1b2fb7c82058aebbd492887a94968ef",
        "laion/CLIP-ViT-L-14-laion2B-s32B-b82K": "1627032197142fbe2a7cfec626f4ced3ae60d07a",
        "laion/CLIP-ViT-H-14-laion2B-s32B-b79K": "de081ac0a0ca8dc9d1533eed1ae884bb8ae1404b",
        "laion/CLIP-ViT-g-14-laion2B-s34B-b88K": "15efd0f6ac0c40c0f9da7becca03c974d7012604",
        "laion/CLIP-ViT-bigG-14-laion2B-39B-b160k": "bc7788f151930d91b58474715fdce5524ad9a189",
        "laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K": "f0e2ffa09cbadab3db6a261ec1ec56407ce42912",
        "laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K": "d110532e8d4ff91c574ee60a342323f28468b287",
        "laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K": "84c9828e63dc9a9351d1fe637c346d4c1c4db341",
    }
)
"""By repository, those that published benchmark results name; the others are taken as they are when first fetched."""
_TABLE = tuple(replace(row, revision=_REVISIONS.get(row.source.removeprefix(HUB))) for row in _ROWS)
_KNOWN = frozenset(row.name for row in _TABLE)

OPEN_CLIP = ModelFamily(
    name="open_clip",
    title="OpenCLIP",
    load=load,
    locate=lambda request: (find_source(request).weights,),
    spelling=spelling,
    checkpoints=_TABLE,
    installed=installed,
    check=check,
    grammar="ARCHITECTURE/TAG | hf-hub:ORGANISATION/REPOSITORY | local-dir:FOLDER | ARCHITECTURE (with own weights)",
    dependencies=("torch", "torchvision", "open_clip"),
)
