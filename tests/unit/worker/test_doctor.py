"""The doctor finds what is wrong with an installation, says what to do, and cannot be taken down by it."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlmodel import select, update

from submissions import database
from submissions.intake import submit
from submissions.tables import Evaluation
from worker import probes
from worker.doctor import examine
from worker.probe import PROBES, Answer, Grade, Part, Probe, ok
from worker.probes import clocks, disks, gpu, kernels, machine

NOWHERE = "/proc/rematch"
"""A place where not even the superuser, as whom tests may run, can make a folder."""


FAKE_TORCH = """
__version__ = "9.9"
class version:
    cuda = {cuda!r}
class _Ones:
    def __matmul__(self, other): return self
    def sum(self): return {computed}
def ones(*size, device): return _Ones()
class cuda:
    device_count = staticmethod(lambda: {n})
    mem_get_info = staticmethod(lambda index: (20e9, 80e9))
    get_device_name = staticmethod(lambda index: "A GPU")
"""


def ask(name):
    """Return what a probe answers, once the contract of an answer was looked at."""
    (found,) = list(examine({name: _alone(PROBES[name])}))
    answer = found.answer
    assert answer.found
    assert "\n" not in answer.found
    assert bool(answer.advice) == (answer.grade in (Grade.WARN, Grade.FAIL))
    return answer


def _alone(probe):
    return Probe(probe.name, probe.part, probe.expects, probe.ask, probe.remedy)


@pytest.fixture
def waiting(prepared, make_submission):
    """An evaluation that waits; the function changes it."""
    with database.session() as session:
        submit(session, make_submission(n_runs=1))

    def change(**values):
        with database.session() as session:
            session.exec(update(Evaluation).values(**values))

    return change


@pytest.fixture
def instead(tmp_path, monkeypatch):
    """Put a module before the installed one, for child processes."""

    def put(name, source):
        (tmp_path / "instead").mkdir(exist_ok=True)
        (tmp_path / "instead" / f"{name}.py").write_text(source)
        root = str(Path(__file__).parents[3])
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "instead"), root]))

    return put


@pytest.fixture
def quick_torch(instead):
    """A torch that is loaded in no time: the real one has a test of its own."""
    instead("torch", FAKE_TORCH.format(n=0, cuda=None, computed=0.0))


def ago(seconds):
    return datetime.now(UTC) - timedelta(seconds=seconds)


def test_every_probe_needs_probes_that_are_there_and_says_what_it_expects():
    assert {name for probe in PROBES.values() for name in probe.needs} <= set(PROBES)
    assert {probe.part for probe in PROBES.values()} == set(Part)
    for probe in PROBES.values():
        assert re.fullmatch(r"[a-z-]{3,18}", probe.name)
        assert probe.expects[:1].isalnum()
        assert not probe.expects.endswith(".")
        assert probe.remedy.endswith(".")


def test_one_module_is_one_thing_to_look_at():
    modules = {path.stem for path in Path(probes.__path__[0]).glob("[a-z]*.py")}
    assert len(modules) > 9


def test_a_new_installation_has_nothing_to_complain_of_and_stays_as_it_is(tmp_path, quick_torch):
    found = {one.probe.name: one.answer for one in examine()}
    assert {name for name, answer in found.items() if answer.grade is Grade.FAIL} == set()
    assert "is made when it is first needed" in found["database"].found
    assert found["migrations"].grade is Grade.SKIP
    assert found["waiting"] == Answer(Grade.SKIP, "not asked, as migrations did not succeed")
    assert not (tmp_path / "var" / "rematch.db").exists()


def test_an_installation_that_is_at_work_is_found_sound(prepared, quick_torch):
    found = {one.probe.name: one.answer for one in examine()}
    assert {answer.grade for answer in found.values()} <= {Grade.OK, Grade.WARN, Grade.SKIP}
    assert found["migrations"].found == f"at revision {database.head()}"
    assert found["database-writing"].grade is found["artifacts"].grade is found["kernels"].grade is Grade.OK
    assert "torch" in found["libraries"].found


def rematch_doctor(*arguments, **settings):
    environment = {**os.environ, **settings}
    code = (
        "import sys\nfrom leaderboard.cli import app\n"
        "try:\n    app()\nfinally:\n    print('torch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor", *arguments], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stderr == "False\n", "the doctor itself loads no deep-learning framework"
    return done


def test_the_command_prints_a_line_for_each_and_ends_with_0_where_nothing_fails(prepared, quick_torch):
    done = rematch_doctor()
    assert done.returncode == 0, done.stdout
    assert re.search(r"^OK   database            sqlite:///.*, SQLite 3\..*, answers in \d+ ms$", done.stdout, re.M)
    assert re.search(r"^Not asked, as what they need is not there: broker, ", done.stdout, re.M)
    assert re.search(r"^\d+ OK, \d+ WARN, 0 FAIL, \d+ SKIP$", done.stdout, re.M)


def test_the_command_ends_with_1_and_says_what_to_do_where_something_fails(quick_torch):
    done = rematch_doctor(REMATCH_HOME=NOWHERE)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("FAIL home")]
    assert lines[at].endswith("/proc cannot be written: No such file or directory")
    assert lines[at + 1].strip() == "expected: can be written"
    assert lines[at + 2].strip().startswith("do: Check the free space and the permissions")
    document = json.loads(rematch_doctor("--json", REMATCH_HOME=NOWHERE).stdout)
    assert document["ok"] is False
    assert {one["name"] for one in document["probes"]} == set(PROBES)
    assert all(one["expected"] for one in document["probes"])


def test_a_setting_that_cannot_be_read_is_named_and_nothing_else_is_asked_in_vain(monkeypatch):
    monkeypatch.setenv("REMATCH_STALE_SECONDS", "soon")
    found = {one.probe.name: one.answer for one in examine()}
    assert found["settings"].grade is Grade.FAIL
    assert "REMATCH_STALE_SECONDS is 'soon'" in found["settings"].found
    assert found["database"] == Answer(Grade.SKIP, "not asked, as settings did not succeed")


def test_a_misspelt_setting_is_found(monkeypatch):
    monkeypatch.setenv("REMATCH_DATABSE_URL", "sqlite:///x.db")
    assert ask("settings") == Answer(
        Grade.WARN, "REMATCH_DATABSE_URL is set, and is no setting", "Did you mean REMATCH_DATABASE_URL?"
    )
    monkeypatch.delenv("REMATCH_DATABSE_URL")
    monkeypatch.setenv("REMATCH_TAG", "of something else")
    monkeypatch.setenv("REMATCH_WEIGHTS", "weights")
    answer = ask("settings")
    assert answer.grade is Grade.OK
    assert "REMATCH_HOME, REMATCH_WEIGHTS set" in answer.found


def test_tables_of_another_version_are_told_apart(prepared):
    command.downgrade(database.alembic_config(), "0004")
    older = ask("migrations")
    assert older.grade is Grade.FAIL
    assert older.found == f"at revision 0004; this version of Rematch needs {database.head()}"
    assert "rematch migrate" in older.advice
    command.downgrade(database.alembic_config(), "base")
    assert (ask("migrations").grade, ask("migrations").found) == (Grade.FAIL, "there are no tables")


def test_a_damaged_database_is_told(tmp_path, monkeypatch):
    (tmp_path / "text.db").write_text("no database " * 1000)
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/text.db")
    assert ask("database").grade is Grade.FAIL
    assert "is no SQLite database, or is damaged" in ask("database").found


def test_a_database_that_nobody_can_write_to_is_told(prepared, tmp_path, monkeypatch):
    import sqlite3

    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    database.forget_connections()
    with sqlite3.connect(tmp_path / "var" / "rematch.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = ask("database-writing")
        other.execute("ROLLBACK")
    other.close()
    assert answer.grade is Grade.FAIL
    assert "is in use: another process has held its lock" in answer.found
    assert ask("database-writing").grade is Grade.OK
    with database.session() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM artifact").scalar() == 0


def test_a_store_that_cannot_be_written_is_told(monkeypatch):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", f"{NOWHERE}/artifacts")
    answer = ask("artifacts")
    assert answer.grade is Grade.FAIL
    assert "cannot be stored under /proc/rematch/artifacts" in answer.found


def test_a_full_disk_for_temporary_files_is_told_too(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/proc/self")
    answer = ask("artifacts")
    assert (answer.grade, answer.found) == (
        Grade.FAIL, "no file can be written to /proc/self: No such file or directory")  # fmt: skip


def test_what_the_doctor_stores_is_cleared_away_with_other_leftovers(prepared):
    from submissions.artifacts import artifact_store
    from submissions.leftovers import clear_leftovers

    assert ask("artifacts").grade is ask("artifacts").grade is Grade.OK
    with database.session() as session:
        assert clear_leftovers(session, artifact_store(), older_seconds=-1) == 1


def test_a_disk_that_fills_up_is_warned_of_and_a_full_one_fails(monkeypatch):
    assert ask("disk-space").grade in (Grade.OK, Grade.WARN)
    monkeypatch.setattr(disks, "LITTLE_BYTES", 10**18)
    answer = ask("disk-space")
    assert answer.grade is Grade.WARN
    assert re.match(r"free: home [\d,]+\.\d GB", answer.found)
    # A file system that has no room at all.
    monkeypatch.setenv("REMATCH_HOME", NOWHERE)
    answer = ask("disk-space")
    assert answer.grade is Grade.FAIL
    assert answer.found.startswith("free: home 0.0 GB, temporary files ")


def test_nothing_that_waits_is_all_right_and_what_waits_for_long_is_not(waiting):
    assert ask("waiting").grade is Grade.OK
    assert re.fullmatch(r"1 for scores \(the first for \d+ s\)", ask("waiting").found)
    waiting(queued_at=ago(2 * 3600 + 60))
    assert (ask("waiting").grade, ask("waiting").found) == (Grade.WARN, "1 for scores (the first for 2 h 1 min)")
    waiting(queued_at=ago(25 * 3600))
    assert ask("waiting").grade is Grade.FAIL
    waiting(not_before=datetime.now(UTC) + timedelta(hours=1))
    assert ask("waiting") == ok("nothing waits")


def test_nobody_at_work_is_told_only_when_something_waits(waiting):
    assert ask("workers").found == "nothing ran in the last hour, and nothing waits" or ask("workers").grade is Grade.OK
    waiting(queued_at=ago(300))
    answer = ask("workers")
    assert (answer.grade, answer.advice) == (Grade.FAIL, "Start a worker: rematch worker")
    assert answer.found == "something waits for scores, and nobody runs anything"
    waiting(status="running", worker="gpu-box:17 cuda", heartbeat_at=ago(5))
    assert ask("workers") == ok("signs of life in the last hour: gpu-box:17 cuda (1 running)")
    waiting(status="succeeded", finished_at=ago(60))
    assert ask("workers") == ok("signs of life in the last hour: gpu-box:17 cuda (idle)")
    waiting(finished_at=ago(7200))
    assert ask("workers") == ok("nothing ran in the last hour, and nothing waits")


def test_what_lost_its_worker_and_is_not_brought_back_is_told(waiting):
    waiting(status="running", heartbeat_at=ago(200))
    assert ask("reaper").grade is Grade.OK
    waiting(heartbeat_at=ago(400))
    answer = ask("reaper")
    assert (answer.grade, answer.found) == (
        Grade.FAIL, "1 evaluation running without a sign of life for more than 300 s")  # fmt: skip
    assert "rematch reap" in answer.advice


def test_what_waits_or_failed_through_us_is_counted(waiting):
    assert ask("postponed").grade is ask("failed-through-us").grade is Grade.OK
    waiting(not_before=ago(-100))
    assert (ask("postponed").grade, ask("postponed").found) == (
        Grade.WARN, "1 evaluation waiting after a fault of ours")  # fmt: skip
    waiting(status="failed", our_fault=True)
    assert (ask("failed-through-us").grade, ask("failed-through-us").found) == (
        Grade.WARN, "1 evaluation failed through us")  # fmt: skip
    waiting(our_fault=False)
    assert ask("failed-through-us").grade is Grade.OK


@pytest.mark.parametrize(("there", "grade"), [(0, Grade.OK), (1.5, Grade.OK), (-30, Grade.WARN), (4000, Grade.FAIL)])
def test_clocks_that_differ_are_told_by_how_much(there, grade):
    answer = clocks._compared(lambda: time.time() + there)
    assert answer.grade is grade
    if grade is not Grade.OK:
        assert re.fullmatch(r"\d+ s (ahead of|behind) this machine", answer.found)
        assert ("behind" in answer.found) == (there < 0)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGILL)", "its process was ended by SIGILL"),
        ("raise ImportError('libfast.so: cannot open')", "ImportError: libfast.so: cannot open"),
        ("import sys\nsys.exit(3)", "nothing was said"),
    ],
)
def test_kernels_that_take_their_process_down_are_a_line(instead, source, words):
    instead("numba", source)
    answer = ask("kernels")
    assert answer.grade is Grade.FAIL
    assert answer.found == f"nothing can be scored here: {words}"


def test_kernels_that_hang_are_given_up(instead, monkeypatch):
    monkeypatch.setattr(kernels, "PATIENCE_SECONDS", 1)
    instead("numba", "import time\ntime.sleep(60)")
    assert "it took more than 1 s" in ask("kernels").found


@pytest.mark.parametrize(
    ("facts", "device", "signs", "grade", "words"),
    [
        ({"n": 1}, None, True, Grade.OK, "torch 9.9, built for CUDA 13.0, A GPU, 20 of 80 GB free"),
        ({"n": 0}, None, False, Grade.OK, "no GPU: models are run on the processor"),
        ({"n": 0}, None, True, Grade.WARN, "no GPU: models are run on the processor, though this machine has one"),
        ({"n": 0, "cuda": None}, "cpu", True, Grade.OK, "built without CUDA"),
        ({"n": 1}, "cuda:1", True, Grade.FAIL, "REMATCH_DEVICE is cuda:1"),
        ({"n": 2}, "cuda:1", True, Grade.OK, "A GPU, 20 of 80 GB free; A GPU, 20 of 80 GB free"),
        ({"n": 1, "computed": 0.0}, None, True, Grade.FAIL, "it computes wrongly"),
    ],
)
def test_gpus_are_asked_in_another_process(instead, monkeypatch, tmp_path, facts, device, signs, grade, words):
    instead("torch", FAKE_TORCH.format(**{"cuda": "13.0", "computed": 64.0**3, **facts}))
    monkeypatch.setattr(gpu, "_SIGNS_OF_A_GPU", (tmp_path if signs else tmp_path / "not there",))
    if device:
        monkeypatch.setenv("REMATCH_DEVICE", device)
    answer = ask("gpu")
    assert answer.grade is grade
    assert words in answer.found


def test_the_real_torch_is_asked():
    answer = ask("gpu")
    assert answer.grade is not Grade.FAIL
    assert re.match(r"torch \d+\.\d+", answer.found)


def test_a_broken_cuda_is_a_line(instead):
    instead("torch", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    answer = ask("gpu")
    assert (answer.grade, answer.found) == (Grade.FAIL, "torch cannot be used: its process was ended by SIGSEGV")


def test_a_machine_without_torch_runs_no_models(monkeypatch):
    monkeypatch.setattr(gpu, "find_spec", lambda name: None)
    assert ask("gpu").grade is Grade.SKIP
    monkeypatch.setenv("REMATCH_DEVICE", "cuda")
    assert (ask("gpu").grade, ask("gpu").found) == (Grade.FAIL, "REMATCH_DEVICE is cuda, and torch is not installed")


def test_a_library_that_is_missing_is_named(monkeypatch):
    stated = ["numpy>=2.0", "not-there-at-all>=1", "neither-this>=1; extra == 'models'"]
    monkeypatch.setattr(machine.metadata, "requires", lambda name: stated)
    answer = ask("libraries")
    assert (answer.grade, answer.found) == (Grade.FAIL, "not-there-at-all not installed")
    assert answer.advice.endswith("pip install not-there-at-all")


def test_folders_of_data_that_are_not_there_are_told(monkeypatch, tmp_path):
    assert ask("data-folders").grade is Grade.OK
    monkeypatch.setenv("REMATCH_DATA", str(tmp_path / "nowhere"))
    assert (ask("data-folders").grade, ask("data-folders").found) == (Grade.WARN, "REMATCH_DATA names no folder")
    (tmp_path / "nowhere" / "coco").mkdir(parents=True)
    assert "folders of coco; none of abo, " in ask("data-folders").found


def probe(name, work, *, needs=()):
    return Probe(name, Part.JOBS, "something", work, needs=needs)


def test_what_hangs_does_not_keep_the_doctor_waiting():
    release = threading.Event()
    probes = {"hangs": probe("hangs", release.wait), "next": probe("next", lambda: ok("here"), needs=("hangs",))}
    started = time.monotonic()
    found = [one.answer for one in examine(probes, patience_seconds=0.2)]
    release.set()
    assert time.monotonic() - started < 5
    assert found[0].found == "no answer within 0.2 s"
    assert found[1].grade is Grade.SKIP


def test_a_probe_that_is_broken_says_where_and_keeps_its_secrets():
    def broken():
        raise RuntimeError("postgresql://me:s3cret@host")

    (found,) = examine({"broken": probe("broken", broken)})
    assert re.fullmatch(r"could not be looked at: RuntimeError in test_doctor\.py, line \d+", found.answer.found)
    assert found.answer.grade is Grade.FAIL


def test_probes_are_asked_after_what_they_need_and_never_in_a_circle():
    late = probe("a", lambda: ok("a"), needs=("b",))
    early = probe("b", lambda: ok("b"))
    assert [one.probe.name for one in examine({"a": late, "b": early})] == ["b", "a"]
    with pytest.raises(ValueError, match="need something that is not there"):
        list(examine({"a": late}))


def test_looking_changes_no_row(waiting, quick_torch):
    def rows():
        with database.session() as session:
            return [one.model_dump() for one in session.exec(select(Evaluation))]

    before = rows()
    assert [one for one in examine() if one.answer.grade is Grade.FAIL] == []
    assert rows() == before


def test_every_class_of_settings_is_read(monkeypatch):
    monkeypatch.setenv("REMATCH_API_DAILY_SUBMISSIONS", "many")
    assert "REMATCH_API_DAILY_SUBMISSIONS is 'many'" in ask("settings").found
    monkeypatch.setenv("REMATCH_API_DAILY_SUBMISSIONS", "5")
    assert ask("settings").found.startswith("REMATCH_API_DAILY_SUBMISSIONS, REMATCH_HOME set")
