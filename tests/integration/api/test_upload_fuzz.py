"""Score files of every format with a damaged beginning, as strangers may send them: told as findings, by a process that
neither dies, hangs nor grows.
"""

import json
import os
import random
import time
from pathlib import Path

import pytest

from evaluator.score_format import FORMATS
from submissions.artifacts import StoredFile, artifact_store, digest_of
from submissions.check_limits import UncheckableError
from submissions.uploaded_check import CheckProcesses
from tests.unit.format_contract import SPLIT, sample_runs

N_DAMAGED = int(os.environ.get("REMATCH_FUZZ_FILES", "40"))
"""For every file; more of them are for a night: REMATCH_FUZZ_FILES=5000."""
HEAD = 512
"""Bytes in which headers lie."""


def whole_files(folder: Path) -> list[Path]:
    """One file of every format and ending, for the first kind of run that it can keep."""
    written = []
    for form in FORMATS.values():
        for number, suffix in enumerate(form.suffixes):
            for run in sample_runs().values():
                path = folder / f"{form.name}-{number}{suffix}"
                try:
                    form.write(path, run, SPLIT)
                except Exception:  # noqa: S112  # a format says in its own words what it cannot keep
                    continue
                written.append(path)
                break
    return written


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Change a few bytes, mostly where headers are; cut, repeat or grow the file."""
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        at = chance.randrange(min(len(changed), HEAD) if chance.random() < 0.8 else len(changed))
        changed[at] = chance.choice([0, 255, 127, changed[at] ^ (1 << chance.randrange(8)), chance.randrange(256)])
    ending = chance.random()
    if ending < 0.15:
        del changed[chance.randrange(1, len(changed)) :]
    elif ending < 0.25:
        changed += changed[: chance.randrange(1, len(changed) + 1)]
    elif ending < 0.3:
        changed = bytearray(chance.randbytes(8)) + changed
    return bytes(changed)


def stored(path: Path) -> StoredFile:
    """Put a file into the store, as an upload does."""
    content = digest_of(path)
    artifact_store().keep({content.sha256: path})
    return content


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Check a file as one that was uploaded, in a real child of its own."""
    monkeypatch.setenv("REMATCH_CHECK_PROCESSES", "1")
    monkeypatch.setenv("REMATCH_CHECK_SECONDS", "20")
    monkeypatch.setenv("REMATCH_CHECK_MEMORY_MB", "1024")
    pairs = [[SPLIT.caption_ids[c], SPLIT.image_ids[i]] for c, i in SPLIT.pairs.tolist()]
    split = tmp_path / "split.json"
    ids = {"images": SPLIT.image_ids, "captions": SPLIT.caption_ids}
    split.write_text(json.dumps({"name": "made/test", "centricity": "scene", **ids, "pairs": pairs}))
    processes = CheckProcesses()

    def check(path: Path):
        manifest = {"system": "S", "submitter": "s", "setting": "zero-shot", "split": "split.json"}
        manifest["runs"] = [{"file": "scores"}]
        files = {name: stored(one) for name, one in (("split.json", split), ("scores", path))}
        return processes.check(manifest, files, "somebody")

    yield check
    processes.close()


def children_mb() -> float:
    """The memory of all children of this process that check, without what they share."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if int(fields["PPid"]) == os.getpid():
            total += int(fields.get("RssAnon", "0 kB").split()[0])
    return total / 1024


def test_a_damaged_file_is_told_and_nothing_else_happens(checked, tmp_path):
    chance = random.Random(5)  # noqa: S311  # damage, and no secret
    files = whole_files(tmp_path)
    assert {path.name.rsplit("-", 1)[0] for path in files} == set(FORMATS)
    told, memory, slowest = {True: 0, False: 0}, [], 0.0
    for path in files:
        content = path.read_bytes()
        for _ in range(N_DAMAGED):
            one = tmp_path / "damaged"
            one.write_bytes(damaged(content, chance))
            began = time.monotonic()
            try:
                found = checked(one)
            except UncheckableError:
                told[False] += 1
                continue
            slowest = max(slowest, time.monotonic() - began)
            told[found.is_acceptable] += 1
            assert str(tmp_path) not in " ".join(finding.message for finding in found.findings)
        memory.append(children_mb())
    assert told[False] > told[True]
    assert slowest < 20
    # What reading one of each format needs is there after the first few; from then on it stays.
    assert memory[-1] < memory[len(memory) // 2] + 64, memory
