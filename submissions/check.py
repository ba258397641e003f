"""Everything that is looked at before a submission is taken in: the one validator of dry run and submit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from splits.errors import RematchError
from submissions.errors import ManifestError
from submissions.findings import Checked, CheckedFile, CheckedRun, Finding, Level, Planned, count_of
from submissions.manifest import Manifest, ManifestRun, read_manifest
from submissions.named_files import look_at
from submissions.suspicion import suspicious_seeds

if TYPE_CHECKING:
    from evaluator.protocol import Protocol
    from evaluator.run import ScoreFile
    from splits.split import Split


@dataclass(frozen=True, slots=True)
class _Grounds:
    """What the runs of one manifest are checked against, loaded once for all of them."""

    folder: Path
    manifest: Manifest
    splits: "Mapping[str | None, Split | RematchError]"
    """By name, with the manifest's own split file under None; or why it cannot be had."""


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
    split_file = _split_file(manifest_path.parent, manifest)
    grounds = _Grounds(manifest_path.parent, manifest, _splits(manifest, split_file))
    findings_of_runs: list[Finding] = []
    runs = []
    for position, stated in enumerate(manifest.runs):
        run, findings_of_run = _check_run(grounds, position, stated)
        runs += [run] if run else []
        findings_of_runs += findings_of_run
    findings = (*_of_manifest(manifest_path.name, manifest), *_error("split", split_file), *findings_of_runs)
    findings += tuple(suspicious_seeds(manifest, runs))
    own = split_file if isinstance(split_file, CheckedFile) else None
    return Checked(manifest_path, manifest, tuple(runs), own, tuple(dict.fromkeys(findings)))


def _of_manifest(where: str, manifest: Manifest) -> Iterator[Finding]:
    from submissions.settings import get_settings

    n_runs, most = len(manifest.runs), get_settings().max_runs
    yield Finding(Level.OK, where, f"{manifest.system}, {count_of(n_runs, 'run')}")
    if n_runs > most:
        message = f"lists {n_runs} runs; at most {most} are taken in at once (REMATCH_MAX_RUNS)."
        yield Finding(Level.ERROR, where, message)


def _error(where: str, found: object) -> list[Finding]:
    return [Finding(Level.ERROR, where, str(found))] if isinstance(found, RematchError) else []


def _split_file(folder: Path, manifest: Manifest) -> CheckedFile | RematchError | None:
    return None if manifest.split is None else look_at(folder, manifest.split)


def _splits(
    manifest: Manifest, split_file: CheckedFile | RematchError | None
) -> "Mapping[str | None, Split | RematchError]":
    from evaluator.protocol import PROTOCOLS

    splits: dict[str | None, Split | RematchError] = {}
    if isinstance(split_file, RematchError):
        splits[None] = split_file
    elif split_file is not None:
        splits[None] = _load(split_file.path)
    else:
        names = {name for run in manifest.runs for name in manifest.protocols_of(run) if name in PROTOCOLS}
        splits.update({split: _load(split) for name in names if (split := PROTOCOLS[name].split) is not None})
    return splits


def _load(source: str | Path) -> "Split | RematchError":
    from splits.loading import load_split

    try:
        return load_split(source)
    except RematchError as error:
        return error


def _check_run(grounds: _Grounds, position: int, stated: ManifestRun) -> tuple[CheckedRun | None, list[Finding]]:
    where = f"runs[{position}] {stated.file}"
    file = look_at(grounds.folder, stated.file)
    if isinstance(file, RematchError):
        return None, _error(where, file)
    read: dict[str, ScoreFile | RematchError] = {}
    findings: list[Finding] = []
    fits = []
    for name in grounds.manifest.protocols_of(stated):
        try:
            protocol, split = _ground(grounds, name)
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
    return _Fit(_plan(protocol, split, stated), file.format, (ok, *notes))


def _ground(grounds: _Grounds, name: str) -> "tuple[Protocol, Split]":
    from evaluator.protocol import PROTOCOLS

    protocol, own = PROTOCOLS[name], grounds.manifest.split
    if protocol.split is None and own is None:
        raise RematchError(f"Protocol {name} scores any split, so it needs one: name your split file (split: FILE).")
    if protocol.split is not None and own is not None:
        raise RematchError(
            f"Protocol {name} is defined on {protocol.split}, and the manifest names the split file {own}."
            " Leave 'split' out, or score these runs under 'standard'."
        )
    split = grounds.splits[protocol.split]
    if isinstance(split, RematchError):
        raise split
    return protocol, split


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


def _plan(protocol: "Protocol", split: "Split", stated: ManifestRun) -> Planned:
    # The same draw for all systems unless the run says that its seed decides the draw.
    return Planned(
        protocol.name,
        protocol.version,
        protocol.judgments,
        split.name,
        split.digest,
        split.centricity.value,
        stated.seed if "folds" in stated.seed_governs else 0,
    )
