"""What is added by choice: an object store, monitoring, and workers on a further machine."""

import base64
import json
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from submissions.client import Client
from tests.e2e_compose.stack import PATIENCE, Stack, free_port, wait_for
from tests.submission_files import write_submission

N_OBJECTS = """
import boto3, os
client = boto3.client("s3", endpoint_url=os.environ["REMATCH_S3_ENDPOINT_URL"], region_name="us-east-1")
keys = [one["Key"] for one in client.list_objects_v2(Bucket="rematch")["Contents"]]
print(sum(".unsettled" not in key for key in keys))
"""


@pytest.fixture(scope="module")
def shared(stack):
    """A stack with everything, at an address that containers of other projects reach."""
    bridge = json.loads(stack.engine("network", "inspect", "bridge"))[0]
    address = bridge["IPAM"]["Config"][0]["Gateway"]
    ports = {
        name: str(free_port()) for name in ("DATABASE_PORT", "REDIS_PORT", "S3_PORT", "PROMETHEUS_PORT", "FLOWER_PORT")
    }
    with tempfile.TemporaryDirectory() as folder:
        started = Stack(
            "rematch-e2e-shared",
            Path(folder),
            COMPOSE_FILE="docker-compose.yml:docker-compose.share.yml",
            COMPOSE_PROFILES="s3,monitoring",
            SHARE_ADDRESS=address,
            REMATCH_ARTIFACTS_URL="s3://rematch",
            REMATCH_S3_ENDPOINT_URL="http://s3:7070",
            **ports,
        )
        try:
            started.up()
            yield started
        finally:
            started.down()


@pytest.fixture(scope="module")
def joined(shared):
    """The same on a further machine: a project of its own that knows no more than addresses and a worker's secrets."""
    needed = ("POSTGRES_WORKER_PASSWORD", "REDIS_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY")
    address = shared.settings["SHARE_ADDRESS"]
    with tempfile.TemporaryDirectory() as folder:
        started = Stack(
            "rematch-e2e-joined",
            Path(folder),
            COMPOSE_FILE="docker-compose.join.yml",
            COMPOSE_PROFILES="scores",
            DATABASE_HOST=address,
            REDIS_HOST=address,
            REMATCH_ARTIFACTS_URL="s3://rematch",
            REMATCH_S3_ENDPOINT_URL=f"http://{address}:{shared.settings['S3_PORT']}",
            **{name: shared.settings[name] for name in ("DATABASE_PORT", "REDIS_PORT")},
        )
        settings = {**started.settings, **{name: shared.secrets[name] for name in needed}}
        started.env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        try:
            started.up()
            yield started
        finally:
            started.down()


@pytest.fixture(scope="module")
def client(shared):
    shared.inside("api", "rematch", "accounts", "add", "Somebody")
    made = shared.inside("api", "rematch", "tokens", "create", "Somebody", "--json")
    with Client(shared.api, json.loads(made.stdout)["token"]) as opened:
        yield opened


def asked(address, *, password=None):
    request = urllib.request.Request(address)  # noqa: S310  # our own servers
    if password:
        words = base64.b64encode(f"rematch:{password}".encode()).decode()
        request.add_header("Authorization", f"Basic {words}")
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # same
        return answer.read().decode()


def test_files_go_into_the_bucket_and_are_scored_from_there(shared, client, tmp_path):
    submission = client.submit(write_submission(tmp_path / "in-a-bucket", n_runs=3))["submission"]
    assert client.wait(submission, seconds=PATIENCE)["status"] == "succeeded"
    assert int(shared.inside("api", "python", "-c", N_OBJECTS).stdout) == 4
    assert shared.inside("api", "sh", "-c", "find /var/lib/rematch/artifacts -type f").stdout == ""


def test_a_worker_on_a_further_machine_takes_what_the_first_leaves(shared, joined, client, tmp_path):
    shared.compose("stop", "worker-scores")
    try:
        submission = client.submit(write_submission(tmp_path / "elsewhere", system="Scored elsewhere"))["submission"]
        assert client.wait(submission, seconds=PATIENCE)["status"] == "succeeded"
    finally:
        shared.compose("start", "worker-scores")
    machine = joined.facts("worker-scores")["Config"]["Hostname"]
    assert f"{machine}:" in "".join(row[0] for row in shared.query("SELECT worker FROM evaluation"))
    assert joined.health("worker-scores") == "healthy"


def test_prometheus_watches_the_api(shared):
    address = f"http://127.0.0.1:{shared.settings['PROMETHEUS_PORT']}/api/v1/query?query="

    def values(query):
        return [float(one["value"][1]) for one in json.loads(asked(address + query))["data"]["result"]]

    wait_for(lambda: values("up") == [1.0], "A look of Prometheus at the API")
    assert values("rematch_database_up") == [1.0]


def test_flower_shows_the_workers_to_those_who_know_the_password(shared):
    address = f"http://127.0.0.1:{shared.settings['FLOWER_PORT']}/workers"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        asked(address)
    machine = shared.facts("worker-scores")["Config"]["Hostname"]
    wait_for(lambda: machine in asked(address, password=shared.secrets["FLOWER_PASSWORD"]), "The worker in Flower")


def test_a_gpu_is_reserved_for_models_alone(stack):
    files = ("--file", "docker-compose.yml", "--file", "docker-compose.gpu.yml", "--profile", "models")
    services = json.loads(stack.compose(*files, "config", "--format", "json").stdout)["services"]
    reserved = {name: one.get("deploy", {}).get("resources", {}).get("reservations") for name, one in services.items()}
    assert [name for name, found in reserved.items() if found] == ["worker-models"]
    assert reserved["worker-models"]["devices"][0]["capabilities"] == ["gpu"]
    assert services["worker-models"]["environment"]["REMATCH_DEVICE"] == "cuda"
