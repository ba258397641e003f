"""What failed or killed hand-ins left goes after a day; what anybody's records refer to stays."""

import os
import time

import pytest

from submissions.artifacts import artifact_store
from submissions.database import session
from submissions.folder_store import LEFTOVER, STAGING, UNSETTLED
from submissions.intake import check, record, submit
from submissions.leftovers import DAY, clear_leftovers

pytestmark = pytest.mark.usefixtures("prepared")


class PowerCutError(Exception):
    pass


def hand_in(path):
    with session() as opened:
        submit(opened, path)


def hand_in_until_the_commit(path):
    with session() as opened:
        record(opened, check(path))
        raise PowerCutError


def fail_to_commit(path):
    with pytest.raises(PowerCutError):
        hand_in_until_the_commit(path)


def stored_files():
    root = artifact_store().root
    return [path for path in root.rglob("*") if path.is_file() and path.parent.name not in (STAGING, UNSETTLED)]


def age(seconds=DAY + 60):
    """Let everything in the store be older than it is."""
    moment = time.time() - seconds
    for path in artifact_store().root.rglob("*"):
        if path.is_file():
            os.utime(path, (moment, moment))


def clear():
    with session() as opened:
        return clear_leftovers(opened, artifact_store())


def test_a_committed_submission_leaves_no_mark_and_is_never_touched(make_submission):
    hand_in(make_submission())
    assert list((artifact_store().root / UNSETTLED).iterdir()) == []
    age()
    assert clear() == 0
    assert len(stored_files()) == 3


def test_files_of_a_commit_that_failed_go_after_a_day(make_submission):
    fail_to_commit(make_submission())
    assert len(stored_files()) == 3
    age(DAY / 2)
    assert clear() == 0
    age()
    assert clear() == 3
    assert stored_files() == []
    hand_in(make_submission())
    assert len(stored_files()) == 3


def test_files_of_a_failed_commit_that_another_submission_refers_to_stay(make_submission):
    hand_in(make_submission())
    fail_to_commit(make_submission("theirs", submitter="Somebody else"))
    age()
    assert clear() == 0
    assert len(stored_files()) == 3
    assert list((artifact_store().root / UNSETTLED).iterdir()) == []


def test_files_that_are_handed_in_again_at_this_moment_stay(make_submission):
    fail_to_commit(make_submission())
    age()
    with session() as handing_in:
        record(handing_in, check(make_submission()))
        # Not committed yet: no other connection sees a record of these files.
        store = artifact_store()
        assert clear_leftovers_elsewhere(store) == 0
    assert len(stored_files()) == 3
    age()
    assert clear() == 0


def clear_leftovers_elsewhere(store):
    with session() as another:
        return clear_leftovers(another, store)


def test_what_a_killed_process_had_half_copied_goes_after_a_day():
    folder = artifact_store().root / STAGING
    folder.mkdir(parents=True)
    (folder / "tmp-half").write_bytes(b"half")
    assert clear() == 0
    age()
    assert clear() == 1
    assert list(folder.iterdir()) == []


def test_what_was_moved_aside_by_a_process_that_was_killed_then_goes_back(make_submission):
    hand_in(make_submission())
    store = artifact_store()
    [moved, *_] = stored_files()
    aside = store.root / STAGING / f"{moved.name}{LEFTOVER}"
    aside.parent.mkdir(exist_ok=True)
    moved.replace(aside)
    age()
    clear()
    assert len(stored_files()) == 3
    assert list(aside.parent.iterdir()) == []


def test_a_store_that_is_not_there_has_no_leftovers():
    assert clear() == 0
    assert not artifact_store().root.exists()
