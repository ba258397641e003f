"""What can be said of seeds before anything is scored: runs that are no evidence, or that contradict the manifest."""

from collections.abc import Iterator

from submissions.findings import CheckedRun, Finding, Level
from submissions.manifest import Manifest


def suspicious_seeds(manifest: Manifest, runs: list[CheckedRun]) -> Iterator[Finding]:
    """Say where several seeds are no evidence, or are declared to make no difference and do."""
    by_protocol: dict[str, list[CheckedRun]] = {}
    for run in runs:
        for planned in run.planned:
            by_protocol.setdefault(planned.protocol, []).append(run)
    for protocol, own in by_protocol.items():
        # Runs of one model without weights of their own differ in what is drawn alone.
        contents = {run.file.content.sha256 if run.file else run.order for run in own}
        names = ", ".join(run.shown for run in own)
        if manifest.deterministic and len(contents) > 1:
            message = f"is declared deterministic, but the files for {protocol} differ between seeds: {names}."
            yield Finding(Level.WARN, manifest.system, message)
        if not manifest.deterministic and len(contents) < len(own):
            yield Finding(
                Level.WARN,
                manifest.system,
                f"hands in the same under different seeds for {protocol} ({names}): their spread is no evidence. Was"
                " the seed used? If seeds change nothing, declare it: deterministic: true.",
            )
