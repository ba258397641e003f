"""Who may do what: every route, asked by nobody, a stranger, the owner and an admin."""

from dataclasses import dataclass

import pytest
from sqlmodel import select

from submissions import store
from submissions.account_tables import AccessToken, Account
from submissions.accounts import account_named, create_token
from submissions.api import create_app
from submissions.database import session
from submissions.tables import Evaluation, now
from submissions.uploaded_check import check_uploaded
from tests.integration.api.conftest import bearer
from tests.integration.api.handing_in import hand_in, upload

API = "/api/v1"
EVERYBODY = (200, 200, 200, 200)
OWNERS = (404, 404, 200, 200)
"""What is private: for strangers it is not there."""
OWN = (401, 404, 200, 404)
"""What is one's own and not even an admin's, such as a half sent file."""
WITH_TOKEN = (401, 200, 200, 200)
OWNERS_WITH_TOKEN = (401, 404, 200, 200)
ADMINS = (401, 403, 403, 200)


@dataclass(frozen=True)
class Asked:
    """One route with what nobody, a stranger, the owner and an admin are answered."""

    method: str
    route: str
    answers: tuple[int, int, int, int]
    body: object = None


ROUTES = [
    Asked("GET", "/health", EVERYBODY),
    Asked("GET", "/ready", EVERYBODY),
    Asked("GET", "/metrics", EVERYBODY),
    Asked("GET", API + "/results", EVERYBODY),
    Asked("GET", API + "/systems", EVERYBODY),
    Asked("GET", API + "/claims", EVERYBODY),
    Asked("GET", API + "/claims/{source}", (404, 404, 404, 404)),
    Asked("GET", API + "/audits", EVERYBODY),
    Asked("GET", API + "/audits/{audit_id}", (404, 404, 404, 404)),
    Asked("GET", API + "/splits", EVERYBODY),
    Asked("GET", API + "/splits/{name:path}", EVERYBODY),
    Asked("GET", API + "/protocols", EVERYBODY),
    Asked("GET", API + "/protocols/{name}", EVERYBODY),
    Asked("GET", API + "/submissions", EVERYBODY),
    Asked("GET", API + "/submissions/{submission_id}", OWNERS),
    Asked("GET", API + "/artifacts/{sha256}", OWNERS),
    Asked("GET", API + "/artifacts/{sha256}/content", OWNERS_WITH_TOKEN),
    Asked("POST", API + "/submissions", (401, 422, 422, 422), {"manifest": {}}),
    Asked("POST", API + "/submissions/check", WITH_TOKEN, {"manifest": {}}),
    Asked("POST", API + "/submissions/{submission_id}/requeue", OWNERS_WITH_TOKEN),
    Asked("POST", API + "/submissions/{submission_id}/cancel", OWNERS_WITH_TOKEN),
    Asked("POST", API + "/submissions/{submission_id}/publish", OWNERS_WITH_TOKEN),
    Asked("POST", API + "/uploads", (401, 422, 422, 422), {}),
    Asked("GET", API + "/uploads", WITH_TOKEN),
    Asked("GET", API + "/uploads/{upload_id}", OWN),
    Asked("HEAD", API + "/uploads/{upload_id}", OWN),
    Asked("PATCH", API + "/uploads/{upload_id}", OWN),
    Asked("DELETE", API + "/uploads/{upload_id}", (401, 404, 204, 404)),
    Asked("GET", API + "/me", WITH_TOKEN),
    Asked("GET", API + "/me/tokens", WITH_TOKEN),
    Asked("POST", API + "/me/tokens", (401, 201, 201, 201), {"label": "x"}),
    Asked("DELETE", API + "/me/tokens/{token_id}", (401, 404, 204, 404)),
    Asked("GET", API + "/admin/accounts", ADMINS),
    Asked("POST", API + "/admin/accounts", (401, 403, 403, 201), {"name": "carol"}),
    Asked("PATCH", API + "/admin/accounts/{name}", ADMINS, {}),
    Asked("GET", API + "/admin/accounts/{name}/tokens", ADMINS),
    Asked("POST", API + "/admin/accounts/{name}/tokens", (401, 403, 403, 201), {"label": "x"}),
    Asked("DELETE", API + "/admin/tokens/{token_id}", (401, 403, 403, 204)),
    Asked("GET", API + "/admin/acts", ADMINS),
]
VALUES = {"source": "nobody", "audit_id": "0" * 32}


def own_token(name):
    with session() as opened:
        return str(create_token(opened, account_named(opened, name), label="own", days=None).record.id)


@pytest.fixture
def there(api, tokens, make_submission):
    """A private submission, a file and a token of alice, with which the routes are filled in."""
    manifest = make_submission(submitter="alice")
    found = hand_in(api, tokens["alice"], manifest, private=True)
    with session() as opened:
        sha256 = opened.exec(select(Evaluation)).first().run.artifact_sha256
    sent = upload(api, tokens["alice"], b"not handed in")
    return {
        **VALUES,
        "submission_id": found["submission"],
        "sha256": sha256,
        "upload_id": sent["id"],
        "token_id": own_token("alice"),
    }


def names_of(asked):
    return "splits" if "splits" in asked.route else "accounts" if "accounts" in asked.route else "protocols"


NAMES = {"splits": "toy-scene/test", "accounts": "alice", "protocols": "toy-scene"}


@pytest.mark.parametrize("asked", ROUTES, ids=lambda asked: f"{asked.method} {asked.route}")
def test_everybody_gets_what_is_theirs_and_nothing_else(api, tokens, there, asked):
    path = asked.route.replace("{name:path}", "{name}").format(**there, name=NAMES[names_of(asked)])
    body = {} if asked.body is None else {"json": asked.body}
    answers = [
        api.request(asked.method, path, headers={**bearer(tokens.get(who)), "Upload-Offset": "0"}, **body)
        for who in (None, "bob", "alice", "root")
    ]
    assert tuple(answer.status_code for answer in answers) == asked.answers, [answer.text for answer in answers]
    if asked.method != "HEAD":
        assert all(set(one.json()) == {"error", "request_id"} for one in answers if one.status_code >= 400)


def test_no_route_is_left_out():
    app = create_app(announce=list, check_broker=lambda: None, redis_url=None, check=check_uploaded)
    there = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert there == {(asked.method, asked.route.replace("{name:path}", "{name}")) for asked in ROUTES}


def test_lists_leave_out_what_is_private_until_it_is_published(api, tokens, there):
    finish(there["submission_id"])
    shown = {
        "/results": lambda page: page["items"],
        "/systems": lambda page: page,
        "/submissions": lambda page: page["items"],
    }

    def counts(who):
        return [
            len(items(api.get(API + path, headers=bearer(tokens.get(who))).json())) for path, items in shown.items()
        ]

    assert counts(None) == counts("bob") == [0, 0, 0]
    assert 0 not in counts("alice")
    assert counts("alice") == counts("root")
    api.post(f"{API}/submissions/{there['submission_id']}/publish", headers=bearer(tokens["alice"]))
    assert counts(None) == counts("alice")


def test_the_board_and_audits_leave_out_what_is_private_too(api, tokens, there):
    from leaderboard import data
    from submissions.board_query import board_keys
    from submissions.measured_query import measured_systems
    from submissions.queue_query import read_queue

    def shown():
        with session() as opened:
            entry = data.entry.__wrapped__ if hasattr(data.entry, "__wrapped__") else data.entry
            found = entry(next(iter(opened.exec(select(Evaluation)))).run.submission_id)
            queue = read_queue(opened)
            lines = [*queue.waiting, *queue.running, *queue.failed, *queue.done]
            return [bool(board_keys(opened)), bool(measured_systems(opened)), bool(lines), bool(found)]

    assert shown() == [False] * 4
    finish(there["submission_id"])
    assert shown() == [False] * 4
    api.post(f"{API}/submissions/{there['submission_id']}/publish", headers=bearer(tokens["alice"]))
    assert shown() == [True] * 4


@pytest.mark.parametrize("ending", ["revoked", "expired", "disabled"])
def test_a_token_that_has_ended_opens_nothing(api, tokens, ending):
    with session() as opened:
        owner = account_named(opened, "alice")
        token = opened.exec(select(AccessToken).where(AccessToken.account_id == owner.id)).one()
        if ending == "revoked":
            token.revoked_at = now()
        elif ending == "expired":
            token.expires_at = now()
        else:
            owner.disabled_at = now()
        opened.add_all([owner, token])
    answer = api.get(API + "/me", headers=bearer(tokens["alice"]))
    assert answer.status_code == 401
    assert "has expired or was revoked" in answer.json()["error"]["message"]


def test_no_secret_is_stored_or_shown_again(api, tokens):
    made = api.post(API + "/me/tokens", json={"label": "laptop"}, headers=bearer(tokens["alice"])).json()
    assert made["token"].startswith(made["prefix"])
    assert api.get(API + "/me", headers=bearer(made["token"])).json()["account"]["name"] == "alice"
    listed = api.get(API + "/me/tokens", headers=bearer(tokens["alice"]))
    assert made["token"] not in listed.text
    with session() as opened:
        for row in opened.exec(select(AccessToken)):
            assert made["token"] not in str(row.model_dump())


def test_what_admins_do_is_kept(api, tokens, there):
    admin = bearer(tokens["root"])
    api.post(API + "/admin/accounts", json={"name": "carol"}, headers=admin)
    api.post(API + "/admin/accounts/carol/tokens", json={"label": "hers"}, headers=admin)
    api.patch(API + "/admin/accounts/carol", json={"disabled": True, "role": "admin"}, headers=admin)
    api.post(f"{API}/submissions/{there['submission_id']}/cancel", headers=admin)
    acts = [(one["actor"], one["act"], one["subject"]) for one in api.get(API + "/admin/acts", headers=admin).json()]
    assert acts[:5] == [
        ("root", "cancel submission", there["submission_id"]),
        ("root", "disable account", "carol"),
        ("root", "change role", "carol"),
        ("root", "create token", "carol"),
        ("root", "create account", "carol"),
    ]


def test_the_last_admin_stays(api, tokens):
    refused = api.patch(API + "/admin/accounts/root", json={"role": "submitter"}, headers=bearer(tokens["root"]))
    assert refused.status_code == 409
    assert "the only admin left" in refused.json()["error"]["message"]
    with session() as opened:
        assert opened.exec(select(Account).where(Account.name == "root")).one().role == "admin"


def finish(submission_id):
    """Score a submission, as a worker does."""
    from worker.jobs import run_evaluation

    with session() as opened:
        ids = [one.id for one in opened.exec(select(Evaluation)) if str(one.run.submission_id) == submission_id]
    assert [run_evaluation(one) for one in ids] == [store.Status.SUCCEEDED] * len(ids)
