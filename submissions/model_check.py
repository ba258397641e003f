"""What can be known of a model before it is run: that its name, options, weights and protocols fit together."""

from typing import TYPE_CHECKING

from evaluator.model_order import MODEL, ModelOrder, check_order
from splits.errors import RematchError
from submissions.findings import CheckedFile, CheckedRun, Finding, Level, shown_run
from submissions.grounds import Grounds, plan
from submissions.manifest import ManifestRun
from submissions.manifest_model import ManifestModel
from submissions.tables import Queue

if TYPE_CHECKING:
    from evaluator.model import ModelRequest
    from splits.split import Split


def check_model(
    grounds: Grounds, position: int, stated: ManifestRun, model: ManifestModel
) -> tuple[CheckedRun | None, list[Finding]]:
    """Check one run that names a model; nothing heavy is loaded."""
    from evaluator.model import Precision

    file = None if stated.weights is None else grounds.file(stated.weights)
    options = {**model.model_dump(), "precision": Precision(model.precision)}
    if isinstance(file, CheckedFile):
        options["weights_sha256"] = file.content.sha256
    order = ModelOrder(
        **options,
        seed=stated.seed if "training" in stated.seed_governs else 0,
        anywhere=grounds.manifest.is_of_this_machine,
    )
    where = f"runs[{position}] {shown_run(stated, order)}"
    if isinstance(file, RematchError):
        return None, [Finding(Level.ERROR, where, str(file))]
    if file is not None and model.weights_sha256 not in (None, file.content.sha256):
        told = f"expected SHA-256 {model.weights_sha256}, found {file.content.sha256}. Correct one of the two."
        return None, [Finding(Level.ERROR, where, f"This is not the file of weights that was named: {told}")]
    findings: list[Finding] = []
    planned = []
    for name in grounds.manifest.protocols_of(stated):
        try:
            protocol, split = grounds.ground(name)
            check_order(order, protocol, split)
        except RematchError as error:
            findings.append(Finding(Level.ERROR, where, str(error)))
        else:
            planned.append(plan(protocol, split, stated, queue=Queue.MODELS))
            findings.append(Finding(Level.OK, where, f"{protocol.name}: to be run on {split.name}"))
            findings += _of_data(grounds, split)
    if not planned:
        return None, findings
    return CheckedRun(stated, position, file, MODEL, tuple(planned), order), findings


def weights_of(run: CheckedRun) -> "list[tuple[str, ModelRequest]]":
    """Return what a run loads, each as a reference and a request that names its weights."""
    from evaluator.model import ModelRequest

    order = run.order
    if order is None:
        return []
    named = ModelRequest(
        name="",
        revision=order.revision,
        weights=run.file.path if run.file else None,
        weights_sha256=order.weights_sha256,
        anywhere=order.anywhere,
    )
    chooser = [] if order.candidates is None else [(order.candidates, ModelRequest(name="", anywhere=order.anywhere))]
    return [(order.reference, named), *chooser]


def _of_data(grounds: Grounds, split: "Split") -> list[Finding]:
    """Say where the pictures are missing, for all runs alike; a worker on another machine may have them."""
    missing = grounds.missing_data(split)
    if missing is None:
        return []
    return [Finding(Level.WARN, split.name, f"Not on this machine, so its worker must have them: {missing}")]
