"""Everything that is looked at before a submission is taken in: the one validator of dry run and submit."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from splits.contents import Contents
from splits.errors import RematchError
from submissions.errors import ManifestError
from submissions.findings import Checked, CheckedFile, CheckedRun, Finding, Level, Planned, count_of
from submissions.grounds import Grounds, plan
from submissions.manifest import Manifest, ManifestRun, read_manifest
from submissions.named_files import Files, in_folder
from submissions.settings import get_settings
from submissions.suspicion import suspicious_seeds
from submissions.tables import Queue

if TYPE_CHECKING:
    from evaluator.protocol import Protocol
    from evaluator.run import ScoreFile
    from splits.split import Split


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a file fits under one of its run's protocols."""

    planned: Planned
    format: str
    findings: tuple[Finding, ...]


def check(manifest_path: Path) -> Checked:
    """Check a manifest and everything it names, reading each file against each of its splits; stores nothing."""
    try:
        manifest = read_manifest(manifest_path)
    except ManifestError as error:
        findings = tuple(Finding(Level.ERROR, manifest_path.name, problem) for problem in error.problems)
        return Checked(manifest_path, None, (), None, findings)
    return check_manifest(manifest, manifest_path)


def check_manifest(
    manifest: Manifest, manifest_path: Path, *, files: Files | None = None, contents: Contents | None = None
) -> Checked:
    """Check everything that a manifest names.

    Args:
        manifest: The manifest.
        manifest_path: Where it is, or would be: files are named from its folder.
        files: Where files are found instead.
        contents: Where the pictures and captions that models need are looked for, and kept for whoever runs them next.
    """
    files = files or in_folder(manifest_path.parent)
    split_file = None if manifest.split is None else files(manifest.split)
    grounds = Grounds.of(files, manifest, split_file, contents=contents)
    findings_of_runs: list[Finding] = []
    runs = []
    # What is refused for the number of its runs is not looked at further.
    looked_at = manifest.runs if len(manifest.runs) <= get_settings().max_runs else []
    for position, stated in enumerate(looked_at):
        run, findings_of_run = _check_run(grounds, position, stated)
        runs += [run] if run else []
        findings_of_runs += findings_of_run
    findings = (*_of_manifest(manifest_path.name, manifest), *_error("split", split_file), *findings_of_runs)
    findings += tuple(suspicious_seeds(manifest, runs))
    own = split_file if isinstance(split_file, CheckedFile) else None
    return Checked(manifest_path, manifest, tuple(runs), own, tuple(dict.fromkeys(findings)))


def _of_manifest(where: str, manifest: Manifest) -> Iterator[Finding]:
    n_runs, most = len(manifest.runs), get_settings().max_runs
    yield Finding(Level.OK, where, f"{manifest.system}, {count_of(n_runs, 'run')}")
    if n_runs > most:
        message = f"lists {n_runs} runs; at most {most} are taken in at once (REMATCH_MAX_RUNS)."
        yield Finding(Level.ERROR, where, message)


def _error(where: str, found: object) -> list[Finding]:
    return [Finding(Level.ERROR, where, str(found))] if isinstance(found, RematchError) else []


def _check_run(grounds: Grounds, position: int, stated: ManifestRun) -> tuple[CheckedRun | None, list[Finding]]:
    model = grounds.manifest.model_of(stated)
    if model is not None:
        from submissions.model_check import check_model

        return check_model(grounds, position, stated, model)
    where = f"runs[{position}] {stated.file}"
    file = grounds.file(stated.file or "")
    if isinstance(file, RematchError):
        return None, _error(where, file)
    read: dict[str, ScoreFile | RematchError] = {}
    findings: list[Finding] = []
    fits = []
    for name in grounds.manifest.protocols_of(stated):
        try:
            protocol, split = grounds.ground(name)
            if split.digest not in read:
                read[split.digest] = _read(file.path, split, stated)
            fits.append(_fit(where, stated, protocol, (split, read[split.digest])))
        except RematchError as error:
            findings += _error(where, error)
        else:
            findings += fits[-1].findings
    if not fits:
        return None, findings
    return CheckedRun(stated, position, file, fits[-1].format, tuple(fit.planned for fit in fits)), findings


def _fit(
    where: str, stated: ManifestRun, protocol: "Protocol", found: "tuple[Split, ScoreFile | RematchError]"
) -> _Fit:
    from evaluator.evaluation import check_applies

    split, file = found
    if isinstance(file, RematchError):
        raise file
    check_applies(protocol, split, file.run)
    shape = f"{split.n_images:,} images, {split.n_captions:,} captions"
    ok = Finding(Level.OK, where, f"{protocol.name}: {file.format} for {split.name} ({shape})")
    notes = (Finding(Level.WARN, where, note) for note in file.notes)
    return _Fit(plan(protocol, split, stated, queue=Queue.SCORES), file.format, (ok, *notes))


def _read(path: Path, split: "Split", stated: ManifestRun) -> "ScoreFile | RematchError":
    from evaluator.finiteness import refuse_nonfinite
    from evaluator.reading import read_score_file
    from evaluator.run import MatrixRun
    from evaluator.score_format import Orientation, Reading

    orientation = Orientation(stated.orientation) if stated.orientation else None
    try:
        found = read_score_file(path, split, Reading(orientation, stated.split_digest), format_name=stated.format)
        # The readers of all other kinds look at every number themselves.
        if isinstance(found.run, MatrixRun):
            refuse_nonfinite(found.run, split)
    except RematchError as error:
        return error
    return found
