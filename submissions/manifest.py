"""The manifest of a submission: what is handed in, by whom, and how it is to be read.

pydantic checks each key; `manifest_problems` turns what it finds into sentences.
"""

import re
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from submissions.errors import ManifestError

Setting = Literal["zero-shot", "fine-tuned", "trained-from-scratch"]
SeedGoverns = Literal["training", "initialisation", "data-order", "caption-draw", "folds", "sampling"]
Orientation = Literal["images-x-captions", "captions-x-images"]

STANDARD = "standard"
"""The protocol that scores any split, and so a user's own."""
MAX_SEED = 2**31 - 1
"""What an integer column of every database holds."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LOOKS_EMPTY = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""What a font shows as nothing although Unicode counts it as a letter, a mark or a symbol."""
_SCRIPTED_LINK = re.compile(r"\s*(javascript|data|vbscript|file):", re.IGNORECASE)


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise ValueError("text without control characters")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("text on one line")
    return _printable(text)


def _name(text: str) -> str:
    """Check that two names that look the same are the same as far as a board can tell."""
    unseen = next((one for one in text if _is_invisible(one)), None)
    if unseen is not None:
        name = f"U+{ord(unseen):04X} {unicodedata.name(unseen, '')}".rstrip()
        raise ValueError(f"a name without invisible characters, such as the {name} in it")
    return _one_line(text)


def _is_invisible(character: str) -> bool:
    if unicodedata.category(character) == "Cf" or character in _LOOKS_EMPTY:
        return True
    return "VARIATION SELECTOR" in unicodedata.name(character, "")


def _reference(text: str) -> str:
    if _SCRIPTED_LINK.match(text):
        raise ValueError("a web address or a citation")
    return _one_line(text)


def _inside(text: str) -> str:
    path, windows = PurePosixPath(text), PureWindowsPath(text)
    if path.is_absolute() or windows.drive or windows.root or ".." in path.parts or ".." in windows.parts:
        raise ValueError("a path relative to the manifest that stays inside its folder")
    return _one_line(text)


Line = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_name)]
Reference = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_reference)]
RelativePath = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_inside)]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
ProtocolNames = Annotated[list[Line], Field(min_length=1, max_length=50)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, str_strip_whitespace=True)


class ManifestRun(_Document):
    """One score file: what the system returned for one split under one seed."""

    file: RelativePath = Field(description="The score file, relative to the manifest, inside its folder.")
    seed: Seed = Field(default=0, description="The seed under which the scores came about.")
    seed_governs: list[SeedGoverns] = Field(
        default_factory=list, max_length=6, description="What the seed decides; empty when nothing does."
    )
    format: Line | None = Field(default=None, description="The score format; recognised by content if omitted.")
    orientation: Orientation | None = Field(
        default=None, description="Which axis of a matrix holds the images; needed where its shape leaves it open."
    )
    split_digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = Field(
        default=None, description="The digest of the split that the scores were made for; compared when given."
    )
    protocols: ProtocolNames | None = Field(default=None, description="Overrides the manifest's protocols.")


class Manifest(_Document):
    """A submission to Rematch: a system, its submitter and one score file per seed."""

    system: Line = Field(description="The name of the system as a board shows it.")
    submitter: Line = Field(description="Who hands it in.")
    setting: Setting = Field(description="What the system has seen before: groups of a board.")
    description: Annotated[str, Field(max_length=5000), AfterValidator(_printable)] | None = Field(
        default=None, description="What the system is, in a few sentences."
    )
    paper: Reference | None = Field(default=None, description="Web address or citation of the paper.")
    code: Reference | None = Field(default=None, description="Web address of the code.")
    deterministic: bool = Field(default=False, description="The system gives the same scores under any seed.")
    protocols: ProtocolNames | None = Field(
        default=None, description="Under which protocols every run is scored, unless the run names its own."
    )
    split: RelativePath | None = Field(
        default=None, description="A split file of your own; its runs are scored under the protocol `standard`."
    )
    runs: list[ManifestRun] = Field(min_length=1, description="The score files, one for each seed and split.")

    @model_validator(mode="after")
    def _protocols_are_known_for_every_run(self) -> "Manifest":
        problems = [*_missing_protocols(self), *_repeated_seeds(self)]
        if problems:
            raise ManifestError(problems)
        return self

    def protocols_of(self, run: ManifestRun) -> list[str]:
        """Return the names of the protocols that a run is scored under."""
        return run.protocols or self.protocols or [STANDARD]


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        ManifestError: Something is wrong in it; it names every problem.
    """
    from submissions.yaml_document import read_yaml

    return parse_manifest(read_yaml(path))


def parse_manifest(document: object) -> Manifest:
    """Check a manifest that was read already.

    Raises:
        ManifestError: Something is wrong in it; it names every problem.
    """
    from submissions.manifest_problems import explain

    try:
        return Manifest.model_validate(document)
    except ValidationError as error:
        raise ManifestError(explain(error)) from None


def manifest_schema() -> dict[str, Any]:
    """Return the JSON schema of a manifest."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}


def _missing_protocols(manifest: Manifest) -> list[str]:
    problems = []
    if manifest.split is None and manifest.protocols is None:
        problems = [
            f"runs[{position}]: expected protocols, found none. Name them for all runs (protocols: [coco-5k]), or name"
            " your own split file (split: my_split.json)."
            for position, run in enumerate(manifest.runs)
            if run.protocols is None
        ]
    for position, run in enumerate(manifest.runs):
        names = manifest.protocols_of(run)
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated:
            problems.append(f"runs[{position}]: the protocol {repeated!r} is named twice. Keep one of them.")
    return problems


def _repeated_seeds(manifest: Manifest) -> list[str]:
    problems: list[str] = []
    first: dict[tuple[str, int], int] = {}
    for position, run in enumerate(manifest.runs):
        for name in manifest.protocols_of(run):
            earlier = first.setdefault((name, run.seed), position)
            if earlier != position:
                problems.append(
                    f"runs[{position}].seed: {run.seed} is the seed of runs[{earlier}] too, under {name}."
                    " Give every run its own seed, or hand the second in as a submission of its own."
                )
                break
    return problems
