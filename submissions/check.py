"""Everything that is looked at before a submission is taken in: the one validator of dry run and submit."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from splits.errors import RematchError
from submissions.artifacts import digest_of
from submissions.errors import ManifestError
from submissions.findings import Checked, CheckedFile, CheckedRun, Finding, Level, Planned, count_of
from submissions.manifest import Manifest, ManifestRun, read_manifest
from submissions.suspicion import suspicious_seeds

if TYPE_CHECKING:
    from evaluator.protocol import Protocol
    from evaluator.run import ScoreFile
    from splits.split import Split


def check(manifest_path: Path) -> Checked:
    """Check a manifest and everything it names, reading each file against each of its splits; stores nothing."""
    try:
        manifest = read_manifest(manifest_path)
    except ManifestError as error:
        findings = tuple(Finding(Level.ERROR, manifest_path.name, problem) for problem in error.problems)
        return Checked(manifest_path, None, (), None, findings)
    return _Check(manifest_path, manifest).result()


@dataclass(slots=True)
class _Check:
    """A check under way: what was found so far, and what was loaded already."""

    manifest_path: Path
    manifest: Manifest
    findings: list[Finding] = field(default_factory=list)
    grounds: "dict[str | None, Split | RematchError]" = field(default_factory=dict)
    split_file: CheckedFile | None = None

    def result(self) -> Checked:
        runs = []
        self._say(
            Level.OK, self.manifest_path.name, f"{self.manifest.system}, {count_of(len(self.manifest.runs), 'run')}"
        )
        self._check_size()
        self._look_at_split_file()
        for position, stated in enumerate(self.manifest.runs):
            run = self._run(position, stated)
            if run is not None:
                runs.append(run)
        self.findings.extend(suspicious_seeds(self.manifest, runs))
        return Checked(self.manifest_path, self.manifest, tuple(runs), self.split_file, tuple(self.findings))

    def _say(self, level: Level, where: str, message: object) -> None:
        finding = Finding(level, where, str(message))
        # Several protocols on one split meet the same fault.
        if finding not in self.findings:
            self.findings.append(finding)

    def _check_size(self) -> None:
        from submissions.settings import get_settings

        most = get_settings().max_runs
        if len(self.manifest.runs) > most:
            message = f"lists {len(self.manifest.runs)} runs; at most {most} are taken in at once (REMATCH_MAX_RUNS)."
            self._say(Level.ERROR, self.manifest_path.name, message)

    def _look_at_split_file(self) -> None:
        if self.manifest.split is None:
            return
        try:
            self.split_file = _look_at(self.manifest_path.parent, self.manifest.split)
        except RematchError as error:
            self._say(Level.ERROR, "split", error)
            self.grounds[None] = error

    def _run(self, position: int, stated: ManifestRun) -> CheckedRun | None:
        where = f"runs[{position}] {stated.file}"
        try:
            file = _look_at(self.manifest_path.parent, stated.file)
        except RematchError as error:
            self._say(Level.ERROR, where, error)
            return None
        from evaluator.evaluation import check_applies

        planned, formats = [], set()
        read: dict[str, ScoreFile | RematchError] = {}
        for name in self.manifest.protocols_of(stated):
            try:
                protocol, split = self._ground(name)
                if split.digest not in read:
                    read[split.digest] = _read(file.path, split, stated)
                found = read[split.digest]
                if isinstance(found, RematchError):
                    raise found
                check_applies(protocol, split, found.run)
            except RematchError as error:
                self._say(Level.ERROR, where, error)
                continue
            formats.add(found.format)
            planned.append(_plan(protocol, split, stated))
            shape = f"{split.n_images:,} images, {split.n_captions:,} captions"
            self._say(Level.OK, where, f"{name}: {found.format} for {split.name} ({shape})")
            for note in found.notes:
                self._say(Level.WARN, where, note)
        if not planned:
            return None
        return CheckedRun(stated, position, file, formats.pop(), tuple(planned))

    def _ground(self, name: str) -> "tuple[Protocol, Split]":
        from evaluator.protocol import PROTOCOLS
        from splits.loading import load_split

        protocol = PROTOCOLS[name]
        if protocol.split is None and self.manifest.split is None:
            raise RematchError(
                f"Protocol {name} scores any split, so it needs one: name your split file (split: FILE)."
            )
        if protocol.split is not None and self.manifest.split is not None:
            raise RematchError(
                f"Protocol {name} is defined on {protocol.split}, and the manifest names the split file"
                f" {self.manifest.split}. Leave 'split' out, or score these runs under 'standard'."
            )
        if protocol.split not in self.grounds:
            own = self.split_file.path if self.split_file else ""
            try:
                self.grounds[protocol.split] = load_split(protocol.split or own)
            except RematchError as error:
                self.grounds[protocol.split] = error
        ground = self.grounds[protocol.split]
        if isinstance(ground, RematchError):
            raise ground
        return protocol, ground


def _look_at(folder: Path, name: str) -> CheckedFile:
    """Find a file that a manifest names, refuse one outside its folder, and take its digest."""
    from submissions.settings import get_settings

    path, home = folder / name, folder.resolve()
    try:
        if not path.resolve().is_relative_to(home):
            raise RematchError(f"{name} leads out of the folder of the manifest. Copy the file itself into {home}.")
        if not path.is_file():
            kind = "is a folder or a device, not a file" if path.exists() else "is not there"
            raise RematchError(f"{path} {kind}. Names are taken from the folder of the manifest, {home}.")
        size, most = path.stat().st_size, get_settings().max_file_mb * 2**20
        if size > most:
            raise RematchError(
                f"{path} has {size:,} bytes; at most {most:,} are taken in (REMATCH_MAX_FILE_MB)."
                " Saving a matrix as float16 halves it."
            )
        return CheckedFile(path, digest_of(path))
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its links go in a circle"
        raise RematchError(f"{path} cannot be read: {reason}.") from error


def _read(path: Path, split: "Split", stated: ManifestRun) -> "ScoreFile | RematchError":
    from evaluator.reading import read_score_file
    from evaluator.score_format import Orientation, Reading

    orientation = Orientation(stated.orientation) if stated.orientation else None
    try:
        found = read_score_file(path, split, Reading(orientation, stated.split_digest), format_name=stated.format)
        _refuse_nonfinite(found, split)
    except RematchError as error:
        return error
    return found


def _refuse_nonfinite(found: "ScoreFile", split: "Split") -> None:
    """Look at every score of a matrix; the readers of all other kinds do so themselves."""
    import numpy as np

    from evaluator.finiteness import BLOCK_BYTES, describe_nonfinite
    from evaluator.run import MatrixRun

    if isinstance(found.run, MatrixRun):
        scores = found.run.scores
        step = max(BLOCK_BYTES // max(scores.shape[1] * scores.dtype.itemsize, 1), 1)
        for first in range(0, len(scores), step):
            if not np.isfinite(scores[first : first + step]).all():
                raise describe_nonfinite(found.run, split)


def _plan(protocol: "Protocol", split: "Split", stated: ManifestRun) -> Planned:
    # The same draw for all systems unless the run says that its seed decides the draw.
    governs_draws = bool({"caption-draw", "folds"} & set(stated.seed_governs))
    return Planned(
        protocol.name,
        protocol.version,
        protocol.judgments,
        split.name,
        split.digest,
        split.centricity.value,
        stated.seed if governs_draws else 0,
    )
