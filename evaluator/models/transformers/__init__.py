"""The family `transformers`: dual encoders of that library, from the hub or from folders."""

from typing import NamedTuple

from evaluator.model import Checkpoint, ModelFamily
from evaluator.models.transformers.encoder import load_encoder
from evaluator.weights.pretrained_folder import GRAMMAR, check_source, find_folder


def check(name: str) -> None:
    """Refuse what is neither a repository nor a folder.

    Raises:
        ModelError: See above.
    """
    check_source(TRANSFORMERS, name)


class _Origin(NamedTuple):
    data: str
    licence: str
    citation: str


_OPENAI = _Origin("WIT-400M", "MIT", "Radford et al. 2021, CLIP, arXiv 2103.00020")
_LAION = _Origin("LAION-2B", "MIT", "Cherti et al. 2023, arXiv 2212.07143")
_DATACOMP = _Origin("DataComp-1B", "MIT", "Gadre et al. 2023, DataComp, arXiv 2304.14108")
_META = _Origin("MetaCLIP-2.5B", "CC-BY-NC-4.0", "Xu et al. 2024, MetaCLIP, arXiv 2309.16671")
_META2 = _Origin("MetaCLIP 2 worldwide", "CC-BY-NC-4.0", "Chuang et al. 2025, MetaCLIP 2, arXiv 2507.22062")
_SIGLIP = _Origin("WebLI", "Apache-2.0", "Zhai et al. 2023, SigLIP, arXiv 2303.15343")
_SIGLIP2 = _Origin("WebLI", "Apache-2.0", "Tschannen et al. 2025, SigLIP 2, arXiv 2502.14786")
_ALIGN = _Origin("COYO-700M", "", "Jia et al. 2021, ALIGN, arXiv 2102.05918; trained by Kakao Brain")
_ALTCLIP = _Origin("CLIP's, then Wudao-MM and LAION", "", "Chen et al. 2022, AltCLIP, arXiv 2211.06679")
_CHINESE = _Origin("about 200M Chinese image-text pairs", "", "Yang et al. 2022, Chinese CLIP, arXiv 2211.01335")
_FLAVA = _Origin("PMD, 70M pairs", "BSD-3-Clause", "Singh et al. 2022, FLAVA, arXiv 2112.04482")


def _row(
    name: str, parameters: int | None, pixels: int | None, origin: _Origin, revision: str | None = None
) -> Checkpoint:
    data, licence, citation = origin
    return Checkpoint(
        name=name,
        source=f"hf-hub:{name}",
        licence=licence,
        revision=revision,
        parameters=parameters,
        resolution=pixels,
        pretraining_data=data,
        prompt="a photo of {}" if origin is _OPENAI else None,
        citation=citation,
    )


# One line each. Revisions are those that published benchmark results name.
_TABLE = (
    _row("openai/clip-vit-base-patch32", 151_277_313, 224, _OPENAI, "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268"),
    _row("openai/clip-vit-base-patch16", 149_620_737, 224, _OPENAI, "57c216476eefef5ab752ec549e440a49ae4ae5f3"),
    _row("openai/clip-vit-large-patch14", 427_616_513, 224, _OPENAI, "32bd64288804d66eefd0ccbe215aa642df71cc41"),
    _row("openai/clip-vit-large-patch14-336", 427_944_193, 336, _OPENAI),
    _row("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", 151_277_313, 224, _LAION, "08f73555f1b2fb7c82058aebbd492887a94968ef"),
    _row("laion/CLIP-ViT-L-14-laion2B-s32B-b82K", 427_616_513, 224, _LAION, "1627032197142fbe2a7cfec626f4ced3ae60d07a"),
    _row("laion/CLIP-ViT-H-14-laion2B-s32B-b79K", 986_109_441, 224, _LAION, "de081ac0a0ca8dc9d1533eed1ae884bb8ae1404b"),
    _row(
        "laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K",
        149_620_737,
        224,
        _DATACOMP,
        "d110532e8d4ff91c574ee60a342323f28468b287",
    ),
    _row(
        "laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K",
        427_616_513,
        224,
        _DATACOMP,
        "84c9828e63dc9a9351d1fe637c346d4c1c4db341",
    ),
    _row("facebook/metaclip-l14-fullcc2.5b", 427_616_513, 224, _META),
    _row("facebook/metaclip-2-worldwide-huge-quickgelu", None, 224, _META2),
    _row("google/siglip-base-patch16-224", 203_155_970, 224, _SIGLIP, "7fd15f0689c79d79e38b1c2e2e2370a7bf2761ed"),
    _row("google/siglip-base-patch16-256", 203_202_050, 256, _SIGLIP, "b078df89e446d623010d890864d4207fe6399f61"),
    _row(
        "google/siglip-base-patch16-256-multilingual",
        370_626_050,
        256,
        _SIGLIP,
        "8952a4eafcde3cb7ab46b1dd629b33f8784ca9c6",
    ),
    _row("google/siglip-base-patch16-384", 203_447_810, 384, _SIGLIP, "41aec1c83b32e0a6fca20ad88ba058aa5b5ea394"),
    _row("google/siglip-base-patch16-512", 203_791_874, 512, _SIGLIP, "753a949581523b60257d93e18391e8c27f72eb22"),
    _row("google/siglip-large-patch16-256", 652_150_786, 256, _SIGLIP, "d0da9f876e7d66b4e250cd2450c3ba2ce735e447"),
    _row("google/siglip-large-patch16-384", 652_478_466, 384, _SIGLIP, "ce005573a40965dfd21fd937fbdeeebf2439fc35"),
    _row("google/siglip-so400m-patch14-224", 877_360_306, 224, _SIGLIP, "d04cf29fca7b6374f74d8bea1969314492266b5e"),
    _row("google/siglip-so400m-patch14-384", 877_960_498, 384, _SIGLIP, "9fdffc58afc957d1a03a25b10dba0329ab15c2a3"),
    _row("google/siglip2-base-patch16-224", 375_187_970, 224, _SIGLIP2),
    _row("google/siglip2-large-patch16-256", 881_526_786, 256, _SIGLIP2),
    _row("google/siglip2-so400m-patch14-384", 1_136_008_498, 384, _SIGLIP2),
    _row("google/siglip2-base-patch16-naflex", 375_234_050, None, _SIGLIP2),
    _row("google/siglip2-so400m-patch16-naflex", 1_135_670_962, None, _SIGLIP2),
    _row("kakaobrain/align-base", 172_117_841, 289, _ALIGN, "e96a37facc7b1f59090ece82293226b817afd6ba"),
    _row("BAAI/AltCLIP", None, 224, _ALTCLIP),
    _row("OFA-Sys/chinese-clip-vit-base-patch16", None, 224, _CHINESE),
    _row("facebook/flava-full", 241_356_289, 224, _FLAVA),
)

TRANSFORMERS = ModelFamily(
    name="transformers",
    title="Dual encoders of transformers",
    load=load_encoder,
    locate=lambda request: find_folder(request).weights,
    checkpoints=_TABLE,
    check=check,
    grammar=GRAMMAR,
    dependencies=("torch", "torchvision", "transformers"),
)
