"""The page Submit as a client of a real API: with the token of a visitor, and with a wrong one."""

from dataclasses import dataclass

import pytest

from leaderboard import manifest_form
from leaderboard.handing_over import ApiDoor
from leaderboard.staging import safe_files
from submissions.client import ServerError
from submissions.database import prepare
from tests.integration.api.conftest import make_token
from tests.submission_files import write_submission


@dataclass
class Sent:
    """A file as a browser sends it."""

    name: str
    content: bytes
    file_id: str = "1"

    def getbuffer(self) -> memoryview:
        return memoryview(self.content)


@pytest.fixture
def parcel(tmp_path):
    folder = write_submission(tmp_path / "mine", n_runs=1, submitter="alice").parent
    sent = [Sent(path.name, path.read_bytes()) for path in (folder / "my_split.json", folder / "scores_seed0.npy")]
    return manifest_form.of_manifest((folder / "submission.yaml").read_bytes(), safe_files(sent, most_mb=1))


def test_a_visitor_with_a_token_checks_hands_in_and_follows(backend, serve, parcel):
    prepare()
    token = make_token("alice")
    with serve() as (_, url):
        door = ApiDoor(url, token)
        checked = door.check(parcel)
        assert checked.is_acceptable
        assert checked.submission is None
        done = door.hand_in(parcel)
        again = door.hand_in(parcel)
        assert (again.submission, again.is_known) == (done.submission, True)
        assert ApiDoor(url, None).status(done.submission)["submission"] == done.submission
        assert door.status("1b4e28ba-2fa1-41d2-883f-0016d3cca427") is None
        with pytest.raises(ServerError, match="token"):
            ApiDoor(url, "rematch_wrong").check(parcel)
        with pytest.raises(ServerError, match="token"):
            ApiDoor(url, None).check(parcel)
