"""The manifest of a submission: what is handed in, by whom, and how it is to be read.

pydantic checks each key; `manifest_problems` turns what it finds into sentences.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from submissions.errors import ManifestError
from submissions.manifest_model import MAX_SEED, ManifestModel, ManifestPart
from submissions.manifest_short_forms import contradictions, model_with_options, with_runs
from submissions.manifest_texts import (
    OWN_MACHINE,
    ClaimedSystem,
    Line,
    ModelReference,
    Reference,
    RelativePath,
    Sha256,
    Words,
)
from submissions.manifest_traits import ManifestTraits

Setting = Literal["zero-shot", "fine-tuned", "trained-from-scratch"]
SeedGoverns = Literal["training", "initialisation", "data-order", "caption-draw", "folds", "sampling"]
Orientation = Literal["images-x-captions", "captions-x-images"]

STANDARD = "standard"
"""The protocol that scores any split, and so a user's own."""

Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
ProtocolNames = Annotated[list[Line], Field(min_length=1, max_length=50)]


class ManifestRun(ManifestPart):
    """One score file or one model to be run: what the system returns for its splits under one seed."""

    file: RelativePath | None = Field(
        default=None, description="The score file, relative to the manifest, inside its folder."
    )
    model: ModelReference | None = Field(
        default=None, description="The model of this run, where each seed has its own; else that of the manifest."
    )
    weights: RelativePath | None = Field(
        default=None, description="A file with the model's weights under this seed, relative to the manifest."
    )
    seed: Seed = Field(default=0, description="The seed under which the scores came about.")
    seed_governs: list[SeedGoverns] = Field(
        default_factory=list, max_length=6, description="What the seed decides; empty when nothing does."
    )
    format: Line | None = Field(default=None, description="The score format; recognised by content if omitted.")
    orientation: Orientation | None = Field(
        default=None, description="Which axis of a matrix holds the images; needed where its shape leaves it open."
    )
    weights_sha256: Sha256 | None = Field(
        default=None, description="What the weights of this run must have, where each seed has its own."
    )
    split_digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = Field(
        default=None, description="The digest of the split that the scores were made for; compared when given."
    )
    protocols: ProtocolNames | None = Field(default=None, description="Overrides the manifest's protocols.")


class Manifest(ManifestPart):
    """A submission to Rematch: a system, its submitter, and one score file per seed or a model to be run."""

    system: Line = Field(description="The name of the system as a board shows it.")
    submitter: Line = Field(description="Who hands it in.")
    setting: Setting = Field(description="What the system has seen before: groups of a board.")
    description: Words | None = Field(default=None, description="What the system is, in a few sentences.")
    paper: Reference | None = Field(default=None, description="Web address or citation of the paper.")
    code: Reference | None = Field(default=None, description="Web address of the code.")
    traits: ManifestTraits | None = Field(default=None, description="What the system is, as far as known.")
    reproduces: Annotated[list[ClaimedSystem], Field(min_length=1, max_length=50)] | None = Field(
        default=None,
        description="Whose claims this system is held against, each as SOURCE: SYSTEM, such as rao2022: VSE++.",
    )
    deterministic: bool = Field(default=False, description="The system gives the same scores under any seed.")
    protocols: ProtocolNames | None = Field(
        default=None, description="Under which protocols every run is scored, unless the run names its own."
    )
    split: RelativePath | None = Field(
        default=None, description="A split file of your own; its runs are scored under the protocol `standard`."
    )
    model: Annotated[ManifestModel, BeforeValidator(model_with_options)] | None = Field(
        default=None, description="A model to be run instead of score files: its reference, or keys with values."
    )
    seeds: Annotated[list[Seed], Field(min_length=1, max_length=1000)] | None = Field(
        default=None,
        description="Of a model, instead of runs: one run for each of these seeds of caption and fold draws.",
    )
    runs: list[ManifestRun] = Field(
        default_factory=list,
        validate_default=True,
        description="The score files or models, one for each seed and split.",
    )
    _is_of_this_machine: bool = PrivateAttr(default=False)

    @model_validator(mode="before")
    @classmethod
    def _expand_seeds(cls, document: Any) -> Any:
        return with_runs(document)

    @field_validator("runs", mode="before")
    @classmethod
    def _something_is_handed_in(cls, runs: object, info: ValidationInfo) -> object:
        # A model that is there and wrong has a message of its own.
        if runs == [] and info.data.get("model", ...) is None:
            raise ValueError("score files, or a model to be run (model: FAMILY:NAME)")
        return runs

    @model_validator(mode="after")
    def _runs_are_complete(self, info: ValidationInfo) -> "Manifest":
        from submissions.manifest_rules import problems_of

        self._is_of_this_machine = bool((info.context or {}).get(OWN_MACHINE))
        problems = problems_of(self)
        if problems:
            raise ManifestError(problems)
        return self

    @property
    def is_of_this_machine(self) -> bool:
        """Whether its models are run by whoever wrote it, and so may be on any path here; nothing in it can say so."""
        return self._is_of_this_machine

    def protocols_of(self, run: ManifestRun) -> list[str]:
        """Return the names of the protocols that a run is scored under."""
        return run.protocols or self.protocols or [STANDARD]

    def model_of(self, run: ManifestRun) -> ManifestModel | None:
        """Return the model that a run asks for, None for a score file."""
        if run.file is not None:
            return None
        options = self.model or ManifestModel.model_construct(reference=run.model or "")
        if run.model is None and run.weights_sha256 is None:
            return options
        own = {"reference": run.model or options.reference, "weights_sha256": run.weights_sha256}
        return options.model_copy(update=own)


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        ManifestError: Something is wrong in it; it names every problem.
    """
    from submissions.yaml_document import read_yaml

    return parse_manifest(read_yaml(path))


def parse_manifest(document: object, *, context: Mapping[str, bool] | None = None) -> Manifest:
    """Check a manifest that was read already.

    Args:
        document: Its keys and values.
        context: Holds `OWN_MACHINE` where the model is run by whoever writes the manifest.

    Raises:
        ManifestError: Something is wrong in it; it names every problem.
    """
    from submissions.manifest_problems import explain

    problems = contradictions(document)
    try:
        manifest = Manifest.model_validate(document, context=dict(context or {}))
    except (ValidationError, ManifestError) as error:
        found = error.problems if isinstance(error, ManifestError) else explain(error)
        raise ManifestError([*found, *problems]) from None
    if problems:
        raise ManifestError(problems)
    return manifest


def manifest_schema() -> dict[str, Any]:
    """Return the JSON schema of a manifest."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
