"""What a manifest may leave out or write in short: a model by its reference alone, and seeds in place of runs."""

from typing import Any


def model_with_options(value: object) -> object:
    """Return a model as keys with values."""
    return {"reference": value} if isinstance(value, str) else value


def with_runs(document: Any) -> Any:
    """Return a manifest with one run for each seed of a model; one that has runs, or is none, as it is."""
    if not isinstance(document, dict) or "model" not in document or document.get("runs"):
        return document
    seeds = document.get("seeds", [0])
    if not isinstance(seeds, list):
        return document
    # The same weights under every seed, unless loading trains them: what seeds change is drawn in the evaluation.
    trains = _is_trained(document["model"])
    governs = [*(["training"] if trains else []), "caption-draw", "folds"]
    return {"deterministic": not trains, **document, "runs": [{"seed": s, "seed_governs": governs} for s in seeds]}


def contradictions(document: Any) -> list[str]:
    """Return what is wrong with the short forms of a manifest as it is written, which reading it would pass over."""
    if not isinstance(document, dict) or document.get("seeds") is None:
        return []
    runs = document.get("runs") or []
    listed = runs if isinstance(runs, list) else [runs]
    models = [document.get("model"), *(run.get("model") for run in listed if isinstance(run, dict))]
    if not any(models):
        return [
            (
                "seeds: expected the model that they are for (model: FAMILY:NAME), found none. Give every score file"
                " its own seed under runs, and leave seeds out."
            )
        ]
    if runs:
        return [
            (
                "seeds: expected seeds or runs, found both. Keep seeds to run the model once under each of them, or"
                " runs where every run names its own seed."
            )
        ]
    return []


def _is_trained(model: object) -> bool:
    """Whether a model, as a manifest names it, is trained when it is loaded."""
    from evaluator.model import MODELS

    reference = model.get("reference") if isinstance(model, dict) else model
    family = str(reference).partition(":")[0]
    return family in MODELS and MODELS[family].trains
