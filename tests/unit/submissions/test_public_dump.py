"""A dump for the public holds what everybody sees, and nothing that only owners and operators may see."""

import json
import tarfile

import pytest
from sqlmodel import select, update

from submissions import database
from submissions.account_tables import Account
from submissions.artifacts import artifact_store
from submissions.audit_tables import Audit
from submissions.dump.public import PUBLIC, WITHHELD
from submissions.dump.restoring import restore
from submissions.dump.writing import Choice, dump
from submissions.intake import submit
from submissions.tables import Evaluation, Submission, SubmittedRun
from tests.filled_database import all_values, dumped, fill

DECIDED = {
    "artifact": {"sha256", "size", "filename", "created_at"},
    "submission": {
        "id", "system", "submitter", "setting", "deterministic", "manifest", "created_at", "superseded_by", "digest",
        "is_private",
    },
    "submitted_run": {
        "id", "submission_id", "position", "artifact_sha256", "format", "model", "orientation", "seed", "seed_governs",
        "split_file_sha256",
    },
    "evaluation": {
        "id", "run_id", "protocol", "protocol_version", "split", "split_digest", "judgments", "judgments_digest",
        "centricity", "evaluator_version", "seed", "queue", "status", "message", "our_fault", "reason", "badges",
        "warnings", "n_images", "n_captions", "ranks_sha256", "attempts", "claims", "progress", "run_record",
        "queued_at", "not_before", "reserved_until", "enqueued_at", "started_at", "heartbeat_at", "finished_at",
    },
    "result": {
        "evaluation_id", "metric", "direction", "expected", "pessimistic", "optimistic", "low", "high", "spread",
    },
    "query_ranks": {"evaluation_id", "direction", "content"},
    "image_effects": {"evaluation_id", "metric", "n_clusters", "content"},
    "claim_source": {
        "id", "name", "version", "digest", "title", "citation", "url", "licence", "note", "shipped", "created_at",
    },
    "stored_claim": {
        "id", "source_id", "position", "printed_table", "printed_row", "printed_column", "system", "metric", "digits",
        "scale", "kind", "variant", "ablation", "dataset", "protocol", "printed_direction", "direction",
        "direction_reason", "n_images", "n_captions", "n_seeds", "seed", "reference", "note",
    },
    "audit": {"id", "subject", "source_id", "digest", "document", "created_at"},
}  # fmt: skip
"""Every column that is published. A new one of these tables must be put here, or withheld in `public.py`."""
SECRET = {"account", "access_token", "upload", "idempotent_request", "admin_act"}


@pytest.fixture
def filled(prepared, tmp_path):
    with database.session() as session:
        fill(session, tmp_path / "files")
        session.exec(update(Evaluation).values(worker="secret-host:17 cpu", log_tail="secret line", status="failed"))


def public(tmp_path):
    dump(tmp_path / "public.tar", Choice(is_public=True))
    return dumped(tmp_path / "public.tar")


def test_it_was_decided_of_every_column_whether_it_is_published():
    withheld = {(name, "account_id") for name in ("submission",)} | WITHHELD
    for table in database.METADATA.sorted_tables:
        columns = {column.name for column in table.columns}
        if table.name in PUBLIC:
            assert columns == DECIDED[table.name] | {one for name, one in withheld if name == table.name}, table.name
        else:
            assert table.name in SECRET, f"{table.name} is withheld; put it here, or into PUBLIC"


def test_only_public_submissions_and_what_hangs_on_them_are_in_it(filled, tmp_path):
    found = public(tmp_path)
    with database.session() as session:
        everything = all_values(session)
        seen = {str(one.id) for one in session.exec(select(Submission).where(Submission.is_private.is_(False)))}
        runs = {str(one.id): one for one in session.exec(select(SubmittedRun)) if str(one.submission_id) in seen}
        evaluations = {str(one.id) for one in session.exec(select(Evaluation)) if str(one.run_id) in runs}
    assert 0 < len(seen) < len(everything["submission"])
    assert {row["id"] for row in found["submission"]} == seen
    assert {row["id"] for row in found["submitted_run"]} == set(runs)
    assert {row["id"] for row in found["evaluation"]} == evaluations
    for table in ("result", "query_ranks", "image_effects"):
        assert {row["evaluation_id"] for row in found[table]} <= evaluations
    files = {one for run in runs.values() for one in (run.artifact_sha256, run.split_file_sha256) if one}
    assert {row["sha256"] for row in found["artifact"]} == files
    with tarfile.open(tmp_path / "public.tar") as archive:
        assert {name[-64:] for name in archive.getnames() if name.startswith("artifacts/")} == files
    assert not SECRET & found.keys()
    assert len(found["stored_claim"]) == len(everything["stored_claim"])


def test_references_to_what_is_not_published_are_not_there(filled, tmp_path):
    with database.session() as session:
        hidden = session.exec(select(Submission.id).where(Submission.is_private)).first()
        session.exec(update(Submission).where(~Submission.is_private).values(superseded_by=hidden))
    found = public(tmp_path)
    assert not [row for row in found["submission"] if {"superseded_by", "account_id"} & row.keys()]


def test_no_word_of_a_secret_is_in_it(filled, tmp_path):
    with database.session() as session:
        secrets = [str(one.id) for one in session.exec(select(Account))]
        secrets += [str(one) for one in session.exec(select(Submission.id).where(Submission.is_private))]
    dump(tmp_path / "public.tar", Choice(is_public=True))
    content = (tmp_path / "public.tar").read_bytes()
    assert not [one for one in [*secrets, "secret-host", "secret line"] if one.encode() in content]
    dump(tmp_path / "all.tar")
    everything = (tmp_path / "all.tar").read_bytes()
    assert all(one.encode() in everything for one in secrets)


def test_an_audit_that_names_what_is_private_is_not_in_it(prepared, make_submission, tmp_path):
    with database.session() as session:
        ids = [submit(session, make_submission(name, system=name)).id for name in ("open", "hidden")]
        session.exec(update(Submission).where(Submission.id == ids[1]).values(is_private=True))
        evaluations = {
            one: str(
                session.exec(select(Evaluation.id).join(SubmittedRun).where(SubmittedRun.submission_id == one)).first()
            )
            for one in ids
        }
        for number, named in enumerate([str(ids[0]), str(ids[1]), evaluations[ids[0]], evaluations[ids[1]], "nobody"]):
            document = {"verdicts": [{"evaluations": [named]}]}
            session.add(Audit(subject="board", digest=str(number), document=document))
    assert sorted(row["digest"] for row in public(tmp_path)["audit"]) == ["0", "2", "4"]


def test_a_public_dump_can_be_restored_and_dumped_again(filled, tmp_path, monkeypatch):
    before = public(tmp_path)
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "mirror"))
    restore(tmp_path / "public.tar")
    dump(tmp_path / "mirror.tar")
    assert dumped(tmp_path / "mirror.tar") == before
    with database.session() as session:
        assert session.exec(select(Account)).all() == []
    for row in before["artifact"]:
        assert artifact_store().open_path(row["sha256"], row["size"])
    with tarfile.open(tmp_path / "public.tar") as archive:
        header = json.load(archive.extractfile("header.json"))
    assert header["is_public"]
    assert header["tables"]["account"]["rows"] == 0
