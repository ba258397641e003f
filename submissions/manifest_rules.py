"""What must hold across the runs of a manifest, which no single key can tell."""

from evaluator.protocol import PROTOCOLS
from submissions.manifest import Manifest


def problems_of(manifest: Manifest) -> list[str]:
    """Return one message for everything that does not fit together."""
    rules = (
        _contradicting_traits,
        _incomplete_runs,
        _mixed_runs,
        _split_of_the_catalogue,
        _missing_protocols,
        _repeated_seeds,
    )
    return [problem for rule in rules for problem in rule(manifest)]


def _contradicting_traits(manifest: Manifest) -> list[str]:
    data = manifest.traits.pretraining_data if manifest.traits else None
    if manifest.traits is None or data is None:
        return []
    problems = []
    if not data and manifest.traits.pretraining_pairs is not None:
        problems.append(
            "traits.pretraining_pairs: expected no pairs where pretraining_data is empty, which says that the system"
            f" was not pre-trained, found {manifest.traits.pretraining_pairs:,}. Name the data, or leave the pairs out."
        )
    folded = [name.casefold() for name in data]
    repeated = next((name for name, own in zip(data, folded, strict=True) if folded.count(own) > 1), None)
    if repeated is not None:
        problems.append(f"traits.pretraining_data: {repeated!r} is named twice. Keep one of them.")
    return problems


def _incomplete_runs(manifest: Manifest) -> list[str]:
    problems = []
    for position, run in enumerate(manifest.runs):
        has_model = run.model is not None or manifest.model is not None
        if run.file is None and not has_model:
            problems.append(f"runs[{position}]: expected a score file (file: scores.npz) or a model, found neither.")
        elif run.file is not None and (has_model or run.weights is not None or run.weights_sha256 is not None):
            problems.append(
                f"runs[{position}]: expected a score file or a model, found both. Hand them in as two submissions."
            )
    return problems


def _mixed_runs(manifest: Manifest) -> list[str]:
    """Refuse what would stand in one row of a board as if all its numbers had been computed here."""
    whole = [(at, run) for at, run in enumerate(manifest.runs) if (run.file is None) != (run.model is None)]
    files = [at for at, run in whole if run.file is not None]
    models = [at for at, run in whole if run.file is None]
    if manifest.model is not None or not files or not models:
        return []
    return [
        (
            f"runs: expected score files or models, found both: runs[{files[0]}] is a score file, and"
            f" runs[{models[0]}] is a model to be run, whose numbers are another kind of evidence. Hand them in as two"
            " submissions."
        )
    ]


def _split_of_the_catalogue(manifest: Manifest) -> list[str]:
    """Tell whoever names a split that is known what to name instead, before it is looked for as a file."""
    named = [name for name, protocol in PROTOCOLS.items() if protocol.split == manifest.split is not None]
    if not named:
        return []
    return [
        (
            f"split: expected a split file of your own, found {manifest.split}, which every board has. Leave it out,"
            f" and name what it is scored by: protocols: [{', '.join(named)}]."
        )
    ]


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
