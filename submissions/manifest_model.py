"""The keys of a manifest that say which model is to be run, and how."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from submissions.manifest_texts import Line, ModelReference, Prompt, Sha256

Precision = Literal["fp32", "amp", "bf16"]

MAX_SEED = 2**31 - 1
"""What an integer column of every database holds."""


class ManifestPart(BaseModel):
    """Keys with values: none unknown, none of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, str_strip_whitespace=True)


class ManifestModel(ManifestPart):
    """A model to be run, and how; it can also be written as the reference alone."""

    reference: ModelReference = Field(description="Family and name, such as open_clip:ViT-B-32/laion2b_s34b_b79k.")
    revision: Line | None = Field(
        default=None, description="The commit of the hub's repository; the newest if omitted."
    )
    weights_sha256: Sha256 | None = Field(
        default=None, description="What the weights must have, wherever they come from; any are taken if omitted."
    )
    prompt: Prompt | None = Field(
        default=None, description="Words around every caption, with {} for the caption; none if omitted."
    )
    precision: Precision = Field(default="fp32", description="The arithmetic; fp32 is the reference.")
    batch_size: Annotated[int, Field(ge=1, le=65536)] | None = Field(
        default=None, description="How many pictures or captions are encoded at once; chosen by the worker if omitted."
    )
    rerank_depth: Annotated[int, Field(ge=1, le=MAX_SEED)] | None = Field(
        default=None,
        description="How many candidates are re-ranked: 256 on COCO and 128 elsewhere if omitted.",
    )
    truncated_reranking: bool = Field(
        default=False, description="Allows a depth below the largest K of the protocol; the result then says so."
    )
    candidates: ModelReference | None = Field(
        default=None, description="Which encoder chooses the candidates of a cross-encoder that has none of its own."
    )
