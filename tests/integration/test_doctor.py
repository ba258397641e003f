"""The doctor at real servers: stopped, full, forgetful, unmigrated, read-only, and never a word of a password."""

import os
import re
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from alembic import command
from sqlmodel import update

from submissions import database
from submissions.intake import submit
from submissions.tables import Evaluation
from tests.running_redis import running_redis, url_of
from worker import broker_client
from worker.doctor import examine
from worker.probe import PROBES, Grade
from worker.probes import workers

SECRET = "s3cret-word"  # noqa: S105 - of servers that live as long as a test


def ask(*names):
    """Return what some probes answer, each asked whether or not what it needs succeeded before it."""
    wanted = {name: PROBES[name] for name in names}
    found = {one.probe.name: one.answer for one in examine(wanted | _needed(wanted))}
    told = str(found)
    assert SECRET not in told
    for answer in found.values():
        assert bool(answer.advice) == (answer.grade in (Grade.WARN, Grade.FAIL))
    return found[names[0]] if len(names) == 1 else found


def _needed(probes):
    below = {name: PROBES[name] for probe in probes.values() for name in probe.needs}
    return {**(_needed(below) if below else {}), **below}


@pytest.fixture
def broker(tmp_path, monkeypatch, wait_for):
    """Start a redis-server with some options, to which the settings then point."""

    @contextmanager
    def start(*options, folder=None, password=""):
        where = folder or tmp_path / "redis"
        with running_redis(where, *options, wait_for=wait_for, password=password) as (process, client):
            monkeypatch.setenv("REMATCH_BROKER_URL", url_of(client, password))
            yield process, client

    return start


KEEPS_NOTHING = ("--save", "", "--appendonly", "no")


def test_a_broker_that_keeps_everything_is_sound(broker):
    with broker("--appendonly", "yes", "--maxmemory", "100mb") as (_, client):
        client.lpush("scores", "one", "two")
        found = ask("broker", "broker-memory", "broker-persistence", "broker-queues", "broker-clock")
    assert {answer.grade for answer in found.values()} == {Grade.OK}
    assert re.fullmatch(r"redis://127\.0\.0\.1:\d+/0, Redis \d+\.[\d.]+, answers in \d+ ms", found["broker"].found)
    assert re.fullmatch(r"\d+ MB used of 100 MB, noeviction", found["broker-memory"].found)
    assert found["broker-queues"].found == "messages: 2 for scores, 0 for models; 0 taken and not done"


def test_a_broker_that_may_forget_is_warned_of(broker):
    with broker(*KEEPS_NOTHING, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"):
        found = ask("broker-memory", "broker-persistence")
    assert found["broker-memory"].grade is found["broker-persistence"].grade is Grade.WARN
    assert "allkeys-lru: it forgets messages when its memory is full" in found["broker-memory"].found
    assert "CONFIG SET maxmemory-policy noeviction" in found["broker-memory"].advice
    assert found["broker-persistence"].found == "it forgets every message when it restarts"


def test_the_advice_on_a_forgetful_broker_helps(broker):
    with broker(*KEEPS_NOTHING, "--maxmemory-policy", "allkeys-lru") as (_, client):
        for answer in (ask("broker-memory"), ask("broker-persistence")):
            (words,) = re.findall(r"redis-cli (CONFIG SET \S+ \w+)", answer.advice)
            client.execute_command(*words.split())
        assert ask("broker-memory").grade is ask("broker-persistence").grade is Grade.OK


def test_snapshots_are_enough(broker):
    with broker("--save", "3600 1"):
        assert ask("broker-persistence").found == "it keeps a snapshot now and then"


def test_a_broker_that_is_almost_full_is_warned_of_and_a_full_one_fails(broker):
    with broker(*KEEPS_NOTHING, "--maxmemory-policy", "noeviction") as (_, client):
        client.set("half", b"x" * 20_000_000)
        used = int(client.info("memory")["used_memory"])
        client.config_set("maxmemory", int(1.1 * used))
        almost = ask("broker-memory")
        client.config_set("maxmemory", used // 2)
        with pytest.raises(redis.ResponseError, match="used memory"):
            client.set("more", b"x")
        full = ask("broker-memory")
    assert (almost.grade, full.grade) == (Grade.WARN, Grade.FAIL)
    assert re.search(r"CONFIG SET maxmemory \d+mb", full.advice)


def test_a_broker_that_cannot_write_its_snapshot_fails(broker, tmp_path, wait_for):
    folder = tmp_path / "gone"
    with broker("--save", "3600 1", folder=folder) as (_, client):
        client.set("something", "to save")
        shutil.rmtree(folder)
        client.bgsave()
        wait_for(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", "A snapshot that fails")
        answer = ask("broker-persistence")
    assert answer.grade is Grade.FAIL
    assert "rdb_last_bgsave_status is err" in answer.found


def test_a_broker_that_is_not_there_or_hangs_or_refuses_is_told_apart(broker, monkeypatch):
    monkeypatch.setattr(broker_client, "ANSWER_SECONDS", 0.5)
    with broker(*KEEPS_NOTHING, password=SECRET) as (process, _):
        assert ask("broker").grade is Grade.OK
        url = os.environ["REMATCH_BROKER_URL"]
        process.send_signal(signal.SIGSTOP)
        hangs = ask("broker")
        process.send_signal(signal.SIGCONT)
        monkeypatch.setenv("REMATCH_BROKER_URL", url.replace(SECRET, f"wrong-{SECRET}"))
        refuses = ask("broker")
        monkeypatch.setenv("REMATCH_BROKER_URL", url.replace(f":{SECRET}@", ""))
        asks_for_one = ask("broker")
    monkeypatch.setenv("REMATCH_BROKER_URL", url)
    gone = ask("broker")
    for answer, words in (
        (hangs, "Timeout reading from"),
        (refuses, "invalid username-password pair"),
        (asks_for_one, "authenticat"),
        (gone, "Connection refused"),
    ):
        assert answer.grade is Grade.FAIL
        assert words in answer.found
        assert answer.advice.startswith("Start Redis, or correct REMATCH_BROKER_URL and its password.")


def test_a_server_is_found_sound_when_it_is(postgres_url, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    found = ask("database", "migrations", "database-writing", "database-clock", "waiting", "reaper", "workers")
    assert {answer.grade for answer in found.values()} == {Grade.OK}
    assert re.search(r"PostgreSQL \d+\.\d+, answers in \d+ ms", found["database"].found)
    with database.session() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM artifact").scalar() == 0


def test_a_server_without_tables_or_with_older_ones_is_told(empty_postgres_url, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", empty_postgres_url)
    answer = ask("migrations")
    assert (answer.grade, answer.found) == (Grade.FAIL, "there are no tables")
    command.upgrade(database.alembic_config(), "0003")
    found = ask("migrations", "database-writing", "waiting")
    assert found["migrations"].found == f"at revision 0003; this version of Rematch needs {database.head()}"
    assert found["database-writing"].grade is found["waiting"].grade is Grade.SKIP


def test_a_server_that_lets_nobody_write_is_told(postgres_url, monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    with database.session() as session:
        name = postgres_url.rpartition("/")[2]
        session.connection().exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database.forget_connections()
    answer = ask("database-writing")
    assert answer.grade is Grade.FAIL
    assert "cannot be written, as it is read-only" in answer.found
    assert "no standby" in answer.advice


def test_a_user_who_may_not_write_is_told(postgres_url, monkeypatch):
    role = f"reader_{postgres_url[-8:]}"
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    with database.session() as session:
        connection = session.connection()
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
        connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url.replace("rematch@", f"{role}@"))
    answer = ask("database-writing")
    assert answer.grade is Grade.FAIL
    assert "does not allow this to its user: permission denied for table artifact" in answer.found
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    with database.session() as session:
        session.connection().exec_driver_sql(f"DROP OWNED BY {role}")
        session.connection().exec_driver_sql(f"DROP ROLE {role}")


def test_a_server_that_is_not_there_hides_its_password(monkeypatch):
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"postgresql://me:{SECRET}@127.0.0.1:1/rematch")
    found = ask("database", "waiting")
    assert found["database"].grade is Grade.FAIL
    assert "me:***@127.0.0.1:1/rematch cannot be reached" in found["database"].found
    assert found["waiting"].grade is Grade.SKIP
    database.forget_connections()


def test_a_wrong_password_is_told_and_not_shown(postgres_url, monkeypatch, wait_for):
    role = f"strict_{postgres_url[-8:]}"
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    with database.session() as session:
        connection = session.connection()
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD 'right'")
        rules = Path(connection.exec_driver_sql("SHOW hba_file").scalar())
        rules.write_text(f"host all {role} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        connection.exec_driver_sql("SELECT pg_reload_conf()")

    def refuses():
        monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url.replace("rematch@", f"{role}:{SECRET}@"))
        return ask("database").grade is Grade.FAIL

    wait_for(refuses, "A server that asks for the password")
    assert f'password authentication failed for user "{role}"' in ask("database").found
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url.replace("rematch@", f"{role}:right@"))
    assert ask("database").grade is Grade.OK
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    with database.session() as session:
        session.connection().exec_driver_sql(f"DROP ROLE {role}")


def test_a_server_that_hangs_is_given_up(postgres_url, monkeypatch):
    # A listener that takes connections and never says a word, as a server does whose machine is stuck.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setenv("REMATCH_DATABASE_URL", f"postgresql://rematch@127.0.0.1:{port}/rematch")
        answer = ask("database")
    assert answer.grade is Grade.FAIL
    assert "timeout expired" in answer.found
    database.forget_connections()


@pytest.fixture
def queued(backend, make_submission, redis_url, monkeypatch):
    """An evaluation that waits for a worker on a broker, and one that waits for a model; the function changes both."""
    monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)
    with database.session() as session:
        submit(session, make_submission(n_runs=1))

    def change(**values):
        with database.session() as session:
            session.exec(update(Evaluation).values(**values))

    return change


def test_workers_on_a_broker_answer_with_the_queues_they_serve(queued, celery_worker, monkeypatch):
    monkeypatch.setattr(workers, "PING_SECONDS", 1.0)
    answer = ask("workers-on-broker")
    assert answer.grade is Grade.FAIL
    assert answer.found == "1 wait for scores, which nobody serves; at work: nobody"
    assert answer.advice == "Start one: rematch worker --queue scores"
    queued(status="succeeded")
    assert (ask("workers-on-broker").grade, ask("workers-on-broker").found) == (Grade.WARN, "no worker answers")
    with celery_worker():
        answer = ask("workers-on-broker")
        assert answer.grade is Grade.OK
        assert re.fullmatch(r"rematch-\d+@\S+ \(scores\)", answer.found)
        queued(status="queued", queue="models", not_before=None)
        answer = ask("workers-on-broker")
        assert answer.grade is Grade.FAIL
        assert re.fullmatch(
            r"1 wait for models, which nobody serves; at work: rematch-\d+@\S+ \(scores\)", answer.found
        )


def test_jobs_are_looked_at_in_both_databases(queued):
    queued(queued_at=datetime.now(UTC) - timedelta(hours=30))
    found = ask("waiting", "workers", "postponed", "failed-through-us", "reaper")
    assert (found["waiting"].grade, found["waiting"].found) == (Grade.FAIL, "1 for scores (the first for 30 h 0 min)")
    assert found["workers"].advice == "Start a worker: rematch worker --queue scores"
    assert {found[name].grade for name in ("postponed", "failed-through-us", "reaper")} == {Grade.OK}


@contextmanager
def mounted(folder, *options):
    """A small file system of its own, where this process may make one; else one that nobody can write to."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)], check=False, capture_output=True)
    if done.returncode:
        yield Path("/proc/self")
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_fails(tmp_path, monkeypatch):
    with mounted(tmp_path / "small", "-o", "size=64k") as folder:
        monkeypatch.setenv("REMATCH_HOME", str(folder))
        if folder.parent == tmp_path:
            (folder / "all of it").write_bytes(bytes(64 * 1024))
        found = ask("home", "disk-space", "artifacts")
    assert {found[name].grade for name in ("home", "disk-space", "artifacts")} == {Grade.FAIL}
    assert "free: home 0.0 GB" in found["disk-space"].found
    assert re.search(r"cannot be (stored|written)", found["artifacts"].found)


def test_a_disk_that_is_read_only_fails(tmp_path, monkeypatch):
    with mounted(tmp_path / "fixed", "-o", "ro") as folder:
        monkeypatch.setenv("REMATCH_HOME", str(folder))
        found = ask("home", "artifacts")
    assert {found[name].grade for name in ("home", "artifacts")} == {Grade.FAIL}
    assert re.search(r"(Read-only file system|No such file or directory)$", found["home"].found)
