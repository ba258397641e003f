"""The runbook can be followed: its commands are run as they stand, at a real installation, in real trouble.

One installation lives through all of it, so that these tests follow one another.
"""

import os
import re
import shlex
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import yaml

from submissions.tables import Status
from tests.running_redis import free_port, running_redis, url_of
from tests.submission_files import write_submission

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "operate.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FIRST = "first"
"""All passwords, until they are rotated."""
STAYS = "rematch worker "
"""How a command begins that does not end by itself."""


def scripts_of(text):
    """The commands that a part of the page shows."""
    found = re.findall(r"^( *)```bash\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, block in found]


INTRODUCTION = scripts_of(PAGE[: PAGE.index("\n## ")])


QUICK_TORCH = """
__version__ = "0"
class version:
    cuda = None
class cuda:
    device_count = staticmethod(lambda: 0)
"""


class Site:
    """An installation in a folder, as an operator has it: an `.env`, PostgreSQL and Redis with passwords."""

    def __init__(self, folder, database_url, broker_url):
        self.folder = folder
        (folder / "quick").mkdir()
        (folder / "quick" / "torch.py").write_text(QUICK_TORCH)
        (folder / ".env").write_text(
            f"REMATCH_DATABASE_URL={database_url}\nREMATCH_BROKER_URL={broker_url}\n"
            f"REMATCH_ARTIFACTS_URL={folder}/artifacts\nREMATCH_POLL_SECONDS=0.2\n"
        )

    @property
    def settings(self):
        return dict(line.split("=", 1) for line in (self.folder / ".env").read_text().splitlines())

    @property
    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REMATCH_")}
        kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
        return {**kept, "PYTHONPATH": str(ROOT)}

    def sh(self, script):
        """Run some commands in the folder, and return what they print."""
        # The doctor need not wait each time until torch is loaded.
        path = os.pathsep.join([str(self.folder / "quick"), str(ROOT)])
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, capture_output=True, text=True, check=False,
            env={**self.environment, "PYTHONPATH": path}, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout

    def follow(self, section, **changed):
        """Run what a section of the page shows, but for what does not end by itself."""
        lines = "\n".join([*INTRODUCTION, *scripts_of(SECTIONS[section])]).splitlines()
        script = "\n".join(line for line in lines if STAYS not in line)
        for old, new in changed.items():
            script = script.replace(old.strip("_"), new)
        return self.sh(script)

    @contextmanager
    def working(self, section, wait_for, **changed):
        """Run a worker as a section of the page shows it."""
        (line,) = [one for one in "\n".join(scripts_of(SECTIONS[section])).splitlines() if STAYS in one]
        for old, new in changed.items():
            line = line.replace(old.strip("_"), new)
        log = self.folder / f"worker-{free_port()}.log"
        script = "\n".join([*INTRODUCTION, f"exec env {line}"])
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=self.environment, stdout=output,
                stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        try:
            wait_for(lambda: process.poll() is not None or b" ready." in log.read_bytes(), "A ready worker")
            assert process.poll() is None, log.read_text()
            yield process
        finally:
            process.kill()
            process.wait()

    def rows(self, query):
        with psycopg.connect(self.settings["REMATCH_DATABASE_URL"]) as connection:
            done = connection.execute(query)
            return done.fetchall() if done.description else []

    def states(self):
        return [status for (status,) in self.rows("SELECT DISTINCT status FROM evaluation")]

    def hand_in(self, name, **changes):
        """Record a submission and tell the broker, as `rematch submit` does, but wait for nothing."""
        manifest = write_submission(self.folder / name, n_runs=1, system=name, **changes)
        code = (
            "from pathlib import Path; from submissions.database import session; from submissions.intake import submit;"
            " from worker.queue import enqueue_evaluations\n"
            f"with session() as opened:\n    found = submit(opened, Path({str(manifest)!r}))\n"
            "    ids = [one.id for run in found.runs for one in run.evaluations]\n"
            "enqueue_evaluations(ids)\nprint(found.id)"
        )
        return self.sh(f"set -a; . ./.env; set +a\npython -c {shlex.quote(code)}").strip()


@pytest.fixture(scope="module")
def waits():
    from tests.integration.conftest import _wait_for

    return _wait_for


@pytest.fixture(scope="module")
def site(postgres_server, tmp_path_factory, waits):
    folder = tmp_path_factory.mktemp("site")
    role, name = f"operator_{os.getpid()}", f"site_{os.getpid()}"
    with psycopg.connect(f"{postgres_server.url}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{FIRST}'")
        admin.execute(f"CREATE DATABASE {name} OWNER {role}")
        rules = Path(admin.execute("SHOW hba_file").fetchone()[0])
        rules.write_text(f"host all {role} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        admin.execute("SELECT pg_reload_conf()")
    with running_redis(folder / "redis", "--appendonly", "yes", wait_for=waits, password=FIRST) as (_, client):
        address = postgres_server.url.replace("rematch@", f"{role}:{FIRST}@")
        site = Site(folder, f"{address}/{name}", url_of(client, FIRST))
        site.sh("rematch migrate\nrematch accounts add alice\nrematch tokens create alice")
        yield site
    with psycopg.connect(f"{postgres_server.url}/postgres", autocommit=True) as admin:
        for one in (name, "rematch_restored"):
            admin.execute(f"DROP DATABASE IF EXISTS {one} WITH (FORCE)")
        admin.execute(f"DROP ROLE {role}")


def test_every_section_with_commands_is_followed_here():
    source = Path(__file__).read_text()
    followed = set(re.findall(r'follow\("(.+?)"', source)) | set(re.findall(r'working\("(.+?)"', source))
    assert {name for name, text in SECTIONS.items() if scripts_of(text)} == followed


def test_work_is_done_and_all_is_well(site, wait_for):
    site.hand_in("first")
    with site.working("A worker is lost", wait_for):
        wait_for(lambda: site.states() == ["succeeded"], "A result")
        told = site.follow("Is it well?")
    assert re.search(r"^OK   workers-on-broker   rematch-\d+@", told, re.MULTILINE)
    assert " 0 FAIL," in told
    assert '"ok": true' in told


def test_a_backup_is_written_and_rehearsed(site):
    told = site.follow("Back up")
    (backup,) = (site.folder / "backups").iterdir()
    assert re.fullmatch(r"board-\d{4}-\d\d-\d\dT\d{4}\.tar\.gz", backup.name)
    assert f"rows of 15 tables and 2 files are in backups/{backup.name}" in told
    assert re.search(r"are in sqlite:///.*/rehearsal/rematch\.db\. 2 of 2 files were stored anew\.", told)
    assert re.search(r"first +Somebody +succeeded", told)
    assert not (site.folder / "rehearsal").exists()


def test_what_is_stuck_is_brought_on(site, wait_for):
    site.rows("UPDATE evaluation SET status = 'failed', our_fault = true, reason = 'internal', message = 'Ours.'")
    site.rows("DELETE FROM result; DELETE FROM query_ranks; DELETE FROM image_effects")
    told = site.follow("A job is stuck")
    assert "WARN failed-through-us   1 evaluation failed through us" in told
    assert "1 evaluations were queued again. See: rematch status" in told
    with site.working("A worker is lost", wait_for):
        wait_for(lambda: site.states() == ["succeeded"], "A result")


def test_a_broker_that_forgot_everything_is_told_again(site, wait_for):
    site.hand_in("second")
    url = site.settings["REMATCH_BROKER_URL"].replace("//:", "//default:")
    assert site.sh(f"redis-cli --no-auth-warning -u {url} LLEN scores").strip() == "1"
    site.sh(f"redis-cli --no-auth-warning -u {url} FLUSHALL; sleep 2")
    site.follow("Redis is lost")
    assert site.sh(f"redis-cli --no-auth-warning -u {url} LLEN scores").strip() == "1"
    with site.working("A worker is lost", wait_for):
        wait_for(lambda: site.states() == ["succeeded"], "A result")


def test_a_lost_worker_is_replaced(site, wait_for):
    site.hand_in("third")
    site.rows(
        "UPDATE evaluation SET status = 'running', claims = 1, attempts = 1, worker = 'gone:1',"
        " heartbeat_at = now() - interval '10 minutes' WHERE status = 'queued'"
    )
    assert "1 evaluations were queued again" in site.follow("A worker is lost")
    with site.working("A worker is lost", wait_for):
        wait_for(lambda: site.states() == ["succeeded"], "A result")


def test_the_room_on_the_disks_is_shown(site):
    (site.folder / "var" / "cache").mkdir(parents=True)
    told = site.follow("A disk is full")
    assert re.search(r"^(OK  |WARN|FAIL) disk-space +free: home [\d,.]+ GB", told, re.MULTILINE)
    assert re.search(r"^[\d.]+K\s+var/cache$", told, re.MULTILINE)


def test_a_new_machine_takes_what_waits_for_models(site, wait_for):
    folder = site.folder / "model"
    folder.mkdir()
    manifest = {
        "system": "CCA", "submitter": "Ada", "setting": "trained-from-scratch", "model": "cca:baseline",
        "protocols": ["toy-object"], "seeds": [0],
    }  # fmt: skip
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest))
    with site.working("A new machine joins", wait_for, __cuda__="cpu", __rematch__="REMATCH_HOME=other rematch"):
        site.sh("rematch submit model/submission.yaml")
    assert site.states() == ["succeeded"]
    (worker,) = site.rows("SELECT worker FROM evaluation WHERE queue = 'models'")[0]
    assert worker.endswith(" cpu")


def test_secrets_are_rotated(site):
    before = site.settings
    told = site.follow("Rotate secrets")
    after = site.settings
    for name in ("REMATCH_DATABASE_URL", "REMATCH_BROKER_URL"):
        assert ":first@" in before[name]
        assert re.search(r":[0-9a-f]{48}@", after[name])
        assert after[name].split("@")[1] == before[name].split("@")[1]
    assert told.count(" 0 FAIL,") == 2
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(before["REMATCH_DATABASE_URL"])
    old = before["REMATCH_BROKER_URL"].replace("//:", "//default:")
    assert "WRONGPASS" in site.sh(f"redis-cli --no-auth-warning -u {old} PING 2>&1 || true")
    revoked = site.rows("SELECT revoked_at IS NOT NULL FROM access_token ORDER BY created_at")
    assert revoked == [(True,), (False,)]


def test_an_older_database_is_brought_up(site):
    code = "from alembic import command; from submissions.database import *; command.downgrade(alembic_config(), '-1')"
    site.sh(f"set -a; . ./.env; set +a\npython -c {shlex.quote(code)}")
    told = site.follow("Upgrade")
    assert "is up to date." in told
    assert re.search(r"^OK   migrations ", told, re.MULTILINE)


def test_a_backup_is_restored_into_an_empty_database(site):
    told = site.follow("Restore")
    assert site.settings["REMATCH_DATABASE_URL"].endswith("/rematch_restored")
    assert re.search(
        r"rows of 15 tables are in postgresql.*:\*\*\*@.*/rematch_restored\. 0 of 2 files were stored", told
    )
    assert " 0 FAIL," in told
    assert site.rows("SELECT count(*) FROM submission") == [(1,)]
    assert site.states() == [Status.SUCCEEDED.value]


def test_the_metrics_that_the_page_explains_are_there(site, wait_for):
    port = str(free_port())
    log = site.folder / "api.log"
    with log.open("wb") as output:
        script = f"{INTRODUCTION[0]}\nexec rematch api --port {port}"
        api = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script], cwd=site.folder, env=site.environment, stdout=output,
            stderr=output, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        ask = ["curl", "-fs", "-o", os.devnull, f"http://127.0.0.1:{port}/health"]
        wait_for(lambda: not subprocess.run(ask, check=False).returncode, "An answer of the API")
        told = site.follow("Read the metrics", __8000__=port)
    finally:
        api.terminate()
        api.wait(timeout=60)
    explained = re.findall(r"^\| `(rematch_\w+)", SECTIONS["Read the metrics"], re.MULTILINE)
    assert len(explained) > 6
    for name in explained:
        assert re.search(rf"^{name}(_count|_bucket)?(\{{| )", told, re.MULTILINE) or name == "rematch_jobs_failed_total"


def test_the_board_is_published(site):
    site.follow("Publish the board")
    site.sh("sha256sum -c board.tar.gz.sha256")
    assert '"is_public": true' in site.sh("tar xOf board.tar.gz header.json")
