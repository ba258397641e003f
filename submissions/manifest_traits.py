"""The keys of a manifest that say what a system is: its size, what it learnt from, and where its modalities meet."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from submissions.manifest_model import ManifestPart
from submissions.manifest_texts import Line

Interaction = Literal["dual-encoder", "late-interaction", "cross-encoder", "re-ranking"]
"""Where the modalities meet; docs/reference/manifest.md says what each means, and which type of Rao et al. it is."""

MOST = 10**13
"""More parameters or pairs than any system has."""
_WORD = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,6}))?([KMB])")
_DIGITS = {"K": 3, "M": 6, "B": 9}


def _count(value: object) -> int:
    """Read a count as a number or as papers print it, without rounding on the way."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _WORD.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is not None:
        whole, part, letter = found.groups(default="")
        if len(part) <= _DIGITS[letter]:
            return int(whole + part.ljust(_DIGITS[letter], "0"))
    raise ValueError("a whole number, or one with K, M or B such as 151M")


def _short(name: str) -> str:
    if len(name) > 40:
        raise ValueError("the short name of a data set, of at most 40 characters")
    return name


Count = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_count, json_schema_input_type=int | str)]
DataName = Annotated[Line, AfterValidator(_short)]


class ManifestTraits(ManifestPart):
    """What a system is, as far as whoever hands it in says so; boards filter by it."""

    parameters: Count | None = Field(
        default=None, description="How many parameters it has: a number, or one with K, M or B such as 151M."
    )
    pretraining_data: Annotated[list[DataName], Field(max_length=50)] | None = Field(
        default=None, description="What it was pre-trained on, by short names; an empty list says that it was not."
    )
    pretraining_pairs: Count | None = Field(
        default=None, description="How many pairs of image and text that are: a number, or one such as 400M."
    )
    interaction: Interaction | None = Field(default=None, description="Where the modalities meet.")
    hard_negatives: bool | None = Field(
        default=None, description="Whether its training chose the hardest negatives of a batch."
    )
