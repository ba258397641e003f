"""However many protocols and seeds ask for a picture, it is read for its digest once; a changed one is seen."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from PIL import Image
from sqlmodel import select

from splits import content, file_state
from submissions import database
from submissions.intake import submit
from submissions.status import read_status
from submissions.tables import Evaluation, Status
from tests.unit.evaluator.tiny_models import write_tiny_open_clip
from tests.unit.worker.conftest import N_IMAGES
from worker.desk import Desk
from worker.foreground import hand_in_and_run
from worker.jobs import run_task
from worker.local import drain
from worker.own_manifest import OwnRun, manifest_of

pytestmark = pytest.mark.usefixtures("prepared", "without_hub")

MODEL = "open_clip:local-dir:tiny"
SEEDS = 3


@pytest.fixture
def weights(tmp_path):
    return write_tiny_open_clip(tmp_path / "var" / "weights" / "tiny")


@pytest.fixture
def reads(monkeypatch):
    """How often each picture was opened to be read as bytes; to be decoded it is opened by another function."""
    counts = Counter()
    opened = Path.open

    def count(self, *words, **options):
        counts.update([self.name] if self.suffix == ".png" else [])
        return opened(self, *words, **options)

    monkeypatch.setattr(Path, "open", count)
    return counts


@pytest.fixture
def looks(monkeypatch):
    """The splits whose data was looked for."""
    names = []
    load = content.load_content
    monkeypatch.setattr(content, "load_content", lambda split, **how: names.append(split.name) or load(split, **how))
    return names


@pytest.fixture
def settled(monkeypatch):
    """Files count as settled at once: no test waits for two seconds."""
    monkeypatch.setattr(file_state, "SETTLED_SECONDS", 0.0)


def hand_in(folder, **changes):
    stated = {"system": "S", "submitter": "Ada", "setting": "zero-shot", "model": MODEL, **changes}
    (folder / "submission.yaml").write_text(yaml.safe_dump(stated))
    with database.session() as opened:
        submitted = submit(opened, folder / "submission.yaml")
        return [one.id for one in read_status(opened, submitted.id).evaluations]


def recorded_pictures():
    with database.session() as opened:
        return [one.run_record["data"]["pictures_digest"] for one in opened.exec(select(Evaluation)).all()]


@pytest.mark.usefixtures("weights")
def test_a_command_looks_once_and_reads_every_picture_once_for_all_its_seeds(small_split, reads, looks):
    asked = OwnRun(MODEL, None, [*range(SEEDS)], split=small_split, setting="zero-shot")
    found = hand_in_and_run(manifest_of(asked), Desk(device="cpu"), say=lambda text: None)
    assert [one.status for one in found.evaluations] == [Status.SUCCEEDED] * SEEDS
    assert looks == ["my-boxes/test"]
    assert sorted(reads.values()) == [1] * N_IMAGES


def test_a_task_looks_once_for_all_its_protocols(tmp_path, looks):
    ids = hand_in(
        tmp_path, model="cca:baseline", setting="trained-from-scratch", protocols=["toy-object", "toy-object-1cap"]
    )
    looks.clear()
    desk = Desk()
    assert run_task(ids[0], desk=desk) == []
    assert looks == ["toy-object/test"]
    assert desk.contents is None, "the next task looks at the disk again"


@pytest.mark.usefixtures("weights", "settled")
def test_a_worker_reads_pictures_that_stay_the_same_once_for_all_its_tasks(small_split, reads, looks):
    hand_in(small_split.parent, split=small_split.name, seeds=[*range(SEEDS)])
    looks.clear()
    drain()
    assert looks == ["my-boxes/test"] * SEEDS
    assert sorted(reads.values()) == [1] * N_IMAGES
    assert len(set(recorded_pictures())) == 1


@pytest.mark.usefixtures("weights", "settled")
def test_a_worker_sees_a_picture_that_was_changed_between_two_tasks(small_split, tmp_path):
    desk = Desk()
    for number in range(2):
        [evaluation_id] = hand_in(small_split.parent, split=small_split.name, system=f"S{number}")
        run_task(evaluation_id, desk=desk)
        Image.new("RGB", (48, 40)).save(tmp_path / "data" / "my-boxes" / "images" / "box-0.png")
    assert len(set(recorded_pictures())) == 2
