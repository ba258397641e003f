"""The manifest of a model that is run on the machine where it is asked for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from splits.errors import RematchError

if TYPE_CHECKING:
    from submissions.manifest import Manifest

ROOT = Path("/")
"""Files of one's own are named from here, as a manifest names files relative to its folder."""
OWN_SUBMITTER = "this machine"
SETTINGS = ("zero-shot", "fine-tuned", "trained-from-scratch")


@dataclass(frozen=True, slots=True)
class OwnRun:
    """What somebody asks for; everything that a manifest could say of a model, with paths of this machine."""

    model: str
    protocols: list[str] | None
    seeds: list[int]
    system: str | None = None
    submitter: str = OWN_SUBMITTER
    setting: str | None = None
    split: Path | None = None
    governs: list[str] | None = None
    """What the seeds govern; all that they can if omitted."""
    weights: list[Path] = field(default_factory=list)
    """None, one for all seeds, or one for each."""
    weights_sha256: list[str] = field(default_factory=list)
    """What the weights must have: none, one for all seeds, or one for each."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further keys of a manifest's model, such as `precision`; None stands for left out."""


def manifest_of(asked: OwnRun) -> "Manifest":
    """Write what is asked for as a manifest.

    Raises:
        RematchError: It does not fit together; the message names every problem.
    """
    return with_runs(asked, **_runs(asked))


def with_runs(asked: OwnRun, *, runs: list[dict[str, Any]], deterministic: bool) -> "Manifest":
    """Write what is asked for as a manifest with given runs.

    Raises:
        ManifestError: It does not fit together; the message names every problem.
    """
    from submissions.manifest import parse_manifest
    from submissions.manifest_texts import OWN_MACHINE

    options = {key: value for key, value in asked.options.items() if value is not None}
    document = {
        "system": asked.system or asked.model,
        "submitter": asked.submitter,
        "setting": asked.setting or known_setting(asked.model, has_own_weights=bool(asked.weights)),
        "model": {"reference": asked.model, **options},
        **({"protocols": asked.protocols} if asked.protocols else {}),
        **({"split": _from_root(asked.split)} if asked.split else {}),
        "runs": runs,
        "deterministic": deterministic,
    }
    return parse_manifest(document, context={OWN_MACHINE: True})


def known_setting(reference: str, *, has_own_weights: bool = False) -> str:
    """Return the setting of a checkpoint, as its family or the installed library states it.

    Args:
        reference: Family and name.
        has_own_weights: Whether a file of weights is given, so that the name may be that of an architecture alone.

    Raises:
        RematchError: There is no such checkpoint, or nobody states its setting.
    """
    from evaluator.checkpoints import find_known
    from evaluator.model import ModelError, parse_reference

    family, name = parse_reference(reference)
    if family.trains:
        return "trained-from-scratch"
    if has_own_weights and family.check is not None:
        family.check(name)
    try:
        setting = find_known(reference).checkpoint.setting
    except ModelError:
        if not has_own_weights:
            raise
        setting = ""
    if not setting:
        raise RematchError(
            f"What {reference} has seen before is not written down. Say it: --setting {', --setting '.join(SETTINGS)}."
        )
    return "fine-tuned" if setting.startswith("fine-tuned") else "zero-shot"


def _runs(asked: OwnRun) -> dict[str, Any]:
    from evaluator.model import parse_reference

    files = _for_each_seed([_from_root(path) for path in asked.weights], asked, "files of weights")
    digests = _for_each_seed(asked.weights_sha256, asked, "SHA-256 of weights")
    is_trained = len(asked.weights) > 1 or parse_reference(asked.model)[0].trains
    governs = asked.governs
    if governs is None:
        governs = [*(["training"] if is_trained else []), "caption-draw", "folds"]
    runs = [
        {
            "seed": seed,
            "seed_governs": governs,
            **({"weights": file} if file else {}),
            **({"weights_sha256": digest} if digest else {}),
        }
        for seed, file, digest in zip(asked.seeds, files, digests, strict=True)
    ]
    return {"runs": runs, "deterministic": not (is_trained and "training" in governs)}


def _for_each_seed(given: list[str], asked: OwnRun, what: str) -> list[str | None]:
    """Return one for each seed where none, one for all, or one for each was given."""
    if len(given) > 1 and len(given) != len(asked.seeds):
        raise RematchError(
            f"{len(given)} {what} were given for {len(asked.seeds)} seeds. Give one for all seeds, or one for each in"
            " their order."
        )
    if len(given) > 1:
        return [*given]
    return [given[0] if given else None] * len(asked.seeds)


def _from_root(path: Path) -> str:
    return path.resolve().relative_to(ROOT.resolve()).as_posix()
