"""What a source says of the systems themselves: size, interaction of the modalities, encoders, data, training, loss."""

import re
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from submissions.shipped_claims import FOLDER
from submissions.yaml_document import read_yaml

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMB])")
_FACTORS = {"K": 10**3, "M": 10**6, "B": 10**9}


class Interaction(StrEnum):
    """Where the modalities meet before their similarity, by the letters of Figure 1 of Rao et al. 2022."""

    WITHIN = "a"
    """Each attends to itself alone."""
    BETWEEN = "b"
    """Each attends to the other."""
    BOTH = "c"
    """Within and between."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Training(_Document):
    """How a system is trained on one dataset, each setting as printed."""

    epochs: str | None = None
    batch_size: str | None = None
    learning_rate: str | None = None
    """The first rate; in Table 4 also when it changes and by how much."""


class SystemFacts(_Document):
    """What one row of a table of systems says."""

    system: str
    variant: str = ""
    """Empty where the row is of all variants."""
    table: str
    parameters: str
    """As printed: `221M`."""
    interaction: Interaction
    architecture: str = ""
    visual_encoder: str
    """What a picture is cut into or read by; printed as visual tokens of pre-trained systems."""
    text_encoder: str
    pretraining_data: tuple[str, ...] = ()
    pretraining_tasks: tuple[str, ...] = ()
    training: dict[str, Training] = Field(default_factory=dict)
    """By the name of the dataset."""
    warmup: str | None = None
    loss: tuple[str, ...]
    tricks: tuple[str, ...] = ()
    code: str | None = None
    """As printed: the framework of the published code, or `no`."""
    cites: int | None = None
    note: str = ""

    @field_validator("parameters")
    @classmethod
    def _is_a_size(cls, text: str) -> str:
        if _SIZE.fullmatch(text) is None:
            raise ValueError("expected a number with K, M or B, such as 221M")
        return text

    @property
    def n_parameters(self) -> int:
        """Return the parameters as a number, as exact as printed."""
        number, letter = _SIZE.fullmatch(self.parameters).groups()  # type: ignore[union-attr]  # checked when built
        return round(float(number) * _FACTORS[letter])

    @property
    def is_pretrained(self) -> bool:
        """Whether it saw pairs of other data before."""
        return bool(self.pretraining_data)

    def is_of(self, system: str, variant: str) -> bool:
        """Whether this is said of a system and variant."""
        return self.system == system and self.variant in ("", variant)


class SystemsFile(_Document):
    """All that one source says of systems."""

    source: str
    citation: str
    systems: tuple[SystemFacts, ...]

    def of(self, system: str, variant: str = "") -> SystemFacts | None:
        """Return what is said of a system and variant, None where nothing is."""
        return next((facts for facts in self.systems if facts.is_of(system, variant)), None)


def every_systems_file() -> list[SystemsFile]:
    """Read what all sources that come with the project say of systems, by name of the source."""
    return [read_systems(path) for path in sorted(FOLDER.glob("*-systems.yaml"))]


@cache
def read_systems(path: Path = FOLDER / "rao2022-systems.yaml") -> SystemsFile:
    """Read what a source says of systems; the one that comes with the project if no other is named."""
    return SystemsFile.model_validate(read_yaml(path))
