"""Every line that a process logs has one form, and the ids of the work it belongs to."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from submissions.errors import SettingsError
from submissions.logs import set_up_logs

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import logging, threading, warnings
from contextvars import copy_context
from submissions.logs import bound, set_up_logs

set_up_logs()
logger = logging.getLogger("some.module")
logger.debug("nobody reads this")
logger.info("outside")
with bound(submission="s-1", evaluation="e-1", attempt=2):
    logger.warning("inside, %s", "Saf\\u00ed")
    with bound(worker="host:1"):
        thread = threading.Thread(target=copy_context().run, args=(logger.info, "in a thread"))
        thread.start()
        thread.join()
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("burst\\nin two lines")
logger.info("outside again")
warnings.warn("old ways")

class Burst:
    def __del__(self):
        raise ValueError("nobody hears this")

Burst()
threading.Thread(target=lambda: 1 / 0).start()
raise SystemError("the end")
"""


@pytest.fixture
def logged(monkeypatch):
    """Run the program, and return the lines it logs in one form."""

    def run(form):
        monkeypatch.setenv("REMATCH_LOG_FORMAT", form)
        done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr.splitlines()

    return run


def test_as_json_every_line_is_an_object_with_the_ids_of_its_work(logged):
    lines = [json.loads(line) for line in logged("json")]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    ids = [{name: line.get(name) for name in ("submission", "evaluation", "attempt", "worker")} for line in lines]
    nothing = dict.fromkeys(ids[0])
    own = {"submission": "s-1", "evaluation": "e-1", "attempt": 2, "worker": None}
    assert ids[:5] == [nothing, own, {**own, "worker": "host:1"}, own, nothing]
    assert [line["message"] for line in lines[:3]] == ["outside", "inside, Safí", "in a thread"]
    assert "ZeroDivisionError" in lines[3]["exception"]
    assert "old ways" in lines[5]["message"]
    assert "nobody hears this" in lines[6]["exception"]
    assert "division by zero" in lines[7]["exception"]
    assert (lines[-1]["level"], "the end" in lines[-1]["exception"]) == ("CRITICAL", True)


def test_as_text_a_line_ends_with_the_ids_of_its_work(logged):
    lines = logged("text")
    assert lines[0].endswith(" INFO some.module: outside")
    assert lines[1].endswith(" WARNING some.module: inside, Safí [submission=s-1 evaluation=e-1 attempt=2]")
    assert lines[2].endswith(" in a thread [submission=s-1 evaluation=e-1 attempt=2 worker=host:1]")


def test_a_form_that_there_is_not_is_refused(monkeypatch):
    monkeypatch.setenv("REMATCH_LOG_FORMAT", "xml")
    with pytest.raises(SettingsError, match=r"REMATCH_LOG_FORMAT is 'xml': input should be 'text' or 'json'"):
        set_up_logs()
