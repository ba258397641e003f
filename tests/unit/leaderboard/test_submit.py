"""Handing in through the page: who may, what becomes of names and files, and what is shown."""

import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlmodel import select

from leaderboard import doors, manifest_form
from leaderboard.handing_over import Outcome, OwnDoor, Parcel
from leaderboard.manifest_form import Filled, parse_seeds
from leaderboard.settings import get_settings
from leaderboard.staging import SafeFile, safe_files, safe_name, staged
from leaderboard.submit_page import counts_of, findings_html, is_finished, status_html
from leaderboard.ways_in import Way, way_in
from splits.errors import RematchError
from submissions import database
from submissions.findings import Finding, Level
from submissions.staged_check import check_files
from submissions.tables import Artifact, Submission
from tests.submission_files import write_submission
from tests.unit.leaderboard.app_pages import LEADERBOARD, opened, words_of

SUBMIT = LEADERBOARD / "views/submit.py"
LOCAL = {
    "api_url": None,
    "is_embedded": True,
    "database": "sqlite:///var/rematch.db",
    "address": "localhost",
    "headers": {"Host": "localhost:8501"},
}
FILLED = Filled("Mine", "Me", "zero-shot", ["toy-scene"])


@dataclass
class Sent:
    """A file as a browser sends it."""

    name: str
    content: bytes = b"scores"
    file_id: str = field(default="1")

    def getbuffer(self) -> memoryview:
        return io.BytesIO(self.content).getbuffer()


@pytest.fixture(autouse=True)
def _own_scratch(tmp_path, monkeypatch):
    """What visitors send to other boards of this machine is not looked at."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def left_behind():
    return list(Path(tempfile.gettempdir()).glob("rematch-visitor-*"))


class TestWhoMay:
    def test_who_sits_at_the_machine_hands_in_directly(self):
        assert way_in(**LOCAL) is Way.HERE
        assert way_in(**LOCAL | {"address": "127.0.0.1", "headers": {"host": "[::1]:8501"}}) is Way.HERE

    @pytest.mark.parametrize(
        "other",
        [
            {"address": "0.0.0.0"},  # noqa: S104  # an address to be refused
            {"address": None},
            {"headers": {"Host": "board.example"}},
            {"headers": {"Host": "localhost.board.example"}},
            {"headers": {}},
            {"headers": {"Host": "localhost", "X-Forwarded-For": "203.0.113.9"}},
            {"headers": {"Host": "localhost", "Forwarded": "for=203.0.113.9"}},
            {"is_embedded": False},
            {"database": "postgresql+psycopg://rematch_board@postgres/rematch"},
        ],
        ids=str,
    )
    def test_nobody_else_writes_without_a_token(self, other):
        assert way_in(**LOCAL | other) is Way.NONE

    def test_an_api_is_the_only_way_where_the_operator_names_one(self):
        assert way_in(**LOCAL | {"api_url": "https://board.example"}) is Way.API

    def test_an_api_that_is_no_address_is_refused_by_its_name(self, monkeypatch):
        monkeypatch.setenv("REMATCH_API_URL", "board.example")
        with pytest.raises(RematchError, match=r"REMATCH_API_URL is 'board.example'"):
            get_settings()

    def test_an_empty_variable_names_no_api(self, monkeypatch):
        monkeypatch.setenv("REMATCH_API_URL", "")
        assert get_settings().api_url is None


class TestNamesAndFiles:
    @pytest.mark.parametrize(
        ("name", "safe"),
        [
            ("seed0.npy", "seed0.npy"),
            ("../../etc/passwd", "passwd"),
            ("C:\\scores\\a.npy", "a.npy"),
            (".manifest.yaml", "manifest.yaml"),
            ("-rf", "rf"),
            ("a\x00\n\u202eb.npy", "a___b.npy"),
            ("..", "file"),
            ("", "file"),
            ("x" * 300 + ".npy", "x" * 96 + ".npy"),
        ],
    )
    def test_names_are_made_safe(self, name, safe):
        assert safe_name(name) == safe

    def test_two_files_of_one_name_are_refused(self):
        with pytest.raises(RematchError, match="Two files are called"):
            safe_files([Sent("a/x.npy"), Sent("b/x.npy")], most_mb=1)

    def test_all_files_together_have_a_limit(self):
        with pytest.raises(RematchError, match=r"at most 1,048,576 in all .* rematch submit"):
            safe_files([Sent("a", bytes(2**19)), Sent("b", bytes(2**19 + 1))], most_mb=1)

    def test_nothing_is_left_when_the_visitor_leaves_in_the_middle(self):
        def leave() -> None:
            with staged([SafeFile("a.npy", Sent("a.npy"))]) as folder:
                assert (folder / "a.npy").read_bytes() == b"scores"
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            leave()
        assert left_behind() == []


class TestForm:
    def test_files_get_their_seeds_in_the_order_of_their_names(self):
        files = [SafeFile(name, Sent(name)) for name in ("b.npy", "a.npy")]
        parcel = manifest_form.of_files(Filled("Mine", "Me", "zero-shot", ["toy-scene"], "7, 8", ["training"]), files)
        assert parcel.document == {
            "system": "Mine",
            "submitter": "Me",
            "setting": "zero-shot",
            "protocols": ["toy-scene"],
            "runs": [
                {"file": "a.npy", "seed": 7, "seed_governs": ["training"]},
                {"file": "b.npy", "seed": 8, "seed_governs": ["training"]},
            ],
        }

    def test_seeds_and_files_must_be_as_many(self):
        with pytest.raises(RematchError, match=r"expected 1, one for each file .* found 2"):
            manifest_form.of_files(Filled("M", "M", "zero-shot", [], "0 1"), [SafeFile("a", Sent("a"))])

    @pytest.mark.parametrize("words", ["1.5", "-1", "one", "٣", "9" * 40])
    def test_a_seed_is_a_whole_number(self, words):
        with pytest.raises(RematchError, match="expected whole numbers"):
            parse_seeds(words)

    def test_a_model_needs_no_file(self):
        parcel = manifest_form.of_model(Filled("M", "Me", "zero-shot", ["toy-scene"], "0,1"), " cca:toy ")
        assert (parcel.document["model"], parcel.document["seeds"], parcel.files) == ("cca:toy", [0, 1], ())

    def test_a_manifest_finds_its_files_by_their_last_name(self):
        content = b"system: M\nruns:\n  - {file: scores/seed 0.npy}\n"
        parcel = manifest_form.of_manifest(content, safe_files([Sent("seed 0.npy")], most_mb=1))
        assert parcel.document["runs"] == [{"file": "seed_0.npy"}]

    @pytest.mark.parametrize("name", ["/etc/passwd", "../../secret", ".manifest.yaml"])
    def test_a_manifest_names_no_file_of_this_machine(self, name):
        content = f"system: M\nruns:\n  - {{file: '{name}'}}\n".encode()
        with pytest.raises(RematchError, match="names 1 files that are not chosen"):
            manifest_form.of_manifest(content, ())

    @pytest.mark.parametrize(
        "content", [b"- a list", b"a: &x [1]\nb: *x", b"\xff\xfe", b"a: [", b"!!python/object:os.x {}"]
    )
    def test_a_manifest_that_is_none_is_one_message(self, content):
        with pytest.raises(RematchError) as caught:
            manifest_form.of_manifest(content, ())
        assert "rematch-visitor" not in str(caught.value)
        assert left_behind() == []


class TestHandingOver:
    @pytest.fixture
    def parcel(self, tmp_path):
        folder = write_submission(tmp_path / "mine", n_runs=1).parent
        sent = [Sent(path.name, path.read_bytes()) for path in (folder / "my_split.json", folder / "scores_seed0.npy")]
        return manifest_form.of_manifest((folder / "submission.yaml").read_bytes(), safe_files(sent, most_mb=1))

    @pytest.fixture
    def queued(self):
        return []

    @pytest.fixture
    def door(self, queued, database_ready):
        return OwnDoor(check_files, queued.extend)

    def stored(self):
        with database.session() as session:
            return [len(session.exec(select(kind)).all()) for kind in (Submission, Artifact)]

    def test_a_check_stores_nothing(self, door, parcel):
        assert door.check(parcel).is_acceptable
        assert self.stored() == [0, 0]
        assert left_behind() == []

    def test_what_is_handed_in_is_recorded_and_queued(self, door, parcel, queued):
        done = door.hand_in(parcel)
        assert self.stored() == [1, 2]
        assert len(queued) == 1
        assert door.status(done.submission)["status"] == "queued"

    def test_the_same_again_leads_to_the_first(self, door, parcel):
        first, again = door.hand_in(parcel), door.hand_in(parcel)
        assert (again.submission, again.is_known) == (first.submission, True)
        assert self.stored() == [1, 2]

    def test_what_has_errors_is_not_recorded(self, door, parcel):
        broken = Parcel({**parcel.document, "setting": "magic"}, parcel.files)
        done = door.hand_in(broken)
        assert done.submission is None
        assert not done.is_acceptable
        assert self.stored() == [0, 0]

    def test_a_private_submission_has_no_status_here(self, door, parcel):
        done = door.hand_in(parcel)
        with database.session() as session:
            session.exec(select(Submission)).one().is_private = True
        assert door.status(done.submission) is None

    @pytest.mark.parametrize("name", ["nonsense", "1b4e28ba-2fa1-41d2-883f-0016d3cca427"])
    def test_an_unknown_id_has_no_status(self, door, name):
        assert door.status(name) is None


class TestPage:
    def words_of(self, app):
        assert not app.exception
        return words_of(app)

    def test_a_board_that_takes_nothing_in_says_so_and_gives_the_command(self):
        app = opened(SUBMIT)
        assert "takes nothing in here" in self.words_of(app)
        assert "rematch submit submission.yaml --dry-run" in app.code[0].value
        assert not app.button

    def test_an_incomplete_form_is_one_error(self, monkeypatch):
        monkeypatch.setattr(doors, "way_of_visitor", lambda: Way.HERE)
        app = opened(SUBMIT)
        app.button(key="check").click().run()
        page = self.words_of(app)
        assert page.count('<li class="error">') == 1
        assert "No file is chosen." in page

    @pytest.fixture
    def door(self, monkeypatch):
        """A door that finds nothing wrong, and keeps what was handed in."""

        class Open:
            has_owners = True

            def __init__(self):
                self.handed_in = []

            def check(self, parcel):
                return Outcome((Finding(Level.OK, "manifest", "M"),))

            def hand_in(self, parcel):
                self.handed_in.append(parcel)
                return Outcome((Finding(Level.ERROR, "manifest", "recorded nowhere"),))

        opened = Open()
        monkeypatch.setattr(doors, "door_of", lambda way, token: opened)
        return opened

    @pytest.mark.parametrize(
        "change",
        [
            lambda app: app.checkbox(key="private").check(),
            lambda app: app.text_input(key="replaces").input("1b4e28ba-2fa1-41d2-883f-0016d3cca427"),
            lambda app: app.text_input(key="system").input("Another"),
            lambda app: app.text_input(key="model").input("open_clip:ViT-L-14"),
        ],
        ids=["private", "replaces", "system", "model"],
    )
    def test_what_was_changed_after_the_check_is_not_handed_in(self, door, change):
        app = opened(SUBMIT, kind="A model by its name")
        app.text_input(key="system").input("Mine")
        app.text_input(key="model").input("open_clip:ViT-B-32")
        app.button(key="check").click().run()
        change(app)
        app.button(key="hand-in").click().run()
        assert "Something was changed since the last check. Check again." in self.words_of(app)
        assert door.handed_in == []
        app.button(key="check").click().run()
        app.button(key="hand-in").click().run()
        [parcel] = door.handed_in
        assert (parcel.is_private, parcel.replaces is not None) == (
            app.checkbox(key="private").value,
            app.text_input(key="replaces").value != "",
        )

    def test_what_is_no_id_is_replaced_by_nothing(self, door):
        app = opened(SUBMIT, kind="A model by its name")
        app.text_input(key="replaces").input("the last one")
        app.button(key="check").click().run()
        page = self.words_of(app)
        assert page.count('<li class="error">') == 1
        assert "&#x27;the last one&#x27; is no submission id" in page

    def test_a_token_is_typed_hidden_and_is_in_no_address(self, monkeypatch):
        monkeypatch.setenv("REMATCH_API_URL", "https://board.example")
        app = opened(SUBMIT)
        token = app.text_input(key="token")
        assert token.proto.type == token.proto.PASSWORD
        token.input("rematch_secret").run()
        assert "secret" not in str(dict(app.query_params))

    def test_the_status_of_a_submission_is_in_its_address(self, monkeypatch, add_submission):
        monkeypatch.setattr(doors, "way_of_visitor", lambda: Way.HERE)
        page = self.words_of(opened(SUBMIT, id=str(add_submission("CCA", [0.5]))))
        assert "1 of 1 evaluation done." in page
        assert "<td>360.0</td>" in page

    def test_findings_are_shown_as_the_command_shows_them(self):
        findings = [Finding(Level.OK, "manifest", "M"), Finding(Level.ERROR, "runs[0] <b>", "Expected <i>.")]
        page = findings_html(findings)
        assert "<b>ERROR</b> <code>runs[0] &lt;b&gt;</code> Expected &lt;i&gt;." in page
        assert counts_of(findings) == "1 error, 0 warnings. Nothing was stored. Mend the errors, then check again."
        assert counts_of(findings[:1]) == "0 errors, 0 warnings. Nothing was stored. It can be handed in."

    def test_a_status_says_how_far_it_is_and_why_something_failed(self):
        one = {"protocol": "toy-scene", "seed": 0, "badges": [], "values": {}, "progress": None, "message": None}
        document = {
            "system": "<b>",
            "submission": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
            "status": "running",
            "private": False,
            "evaluations": [{**one, "status": "queued"}, {**one, "status": "failed", "message": "Expected 4 columns."}],
        }
        page = status_html(document)
        assert "1 of 2 evaluations done." in page
        assert "Expected 4 columns." in page
        assert "<b>" not in page.replace("<b>ERROR", "")
        assert not is_finished(document)
