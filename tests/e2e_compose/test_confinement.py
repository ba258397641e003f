"""What the containers may not do: be root, write where they need not, hold rights, get out, or be reached."""

import json
import socket
import urllib.error
import urllib.request

import pytest

from tests.e2e_compose.stack import LASTING, OURS

ON_THE_WAY_OUT = """
import socket, sys
for host, port in (("1.1.1.1", 443), ("example.org", 443), *((host, int(sys.argv[1])) for host in sys.argv[2:])):
    try:
        socket.create_connection((host, port), timeout=3).close()
        print("reached", host, port)
    except OSError:
        pass
"""


def own_addresses():
    """The addresses of this machine but the one of itself to itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return [probe.getsockname()[0]]


def status_of(stack, service):
    """What the kernel says of the first process of a container."""
    text = stack.inside(service, "cat", "/proc/1/status").stdout
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


@pytest.mark.parametrize("service", LASTING)
def test_no_process_is_root_or_holds_or_can_gain_a_right(stack, service):
    found = status_of(stack, service)
    assert "0" not in found["Uid"].split()
    assert {name: int(found[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")} == {
        "CapEff": 0, "CapPrm": 0, "CapBnd": 0
    }  # fmt: skip
    assert found["NoNewPrivs"] == "1"


@pytest.mark.parametrize("service", LASTING)
def test_the_root_file_system_cannot_be_written(stack, service):
    done = stack.inside(service, "sh", "-c", "touch /mine /usr/local/bin/mine /etc/mine", check=False)
    assert done.stderr.count("Read-only file system") == 3


@pytest.mark.parametrize("service", LASTING)
def test_memory_processors_and_processes_are_limited(stack, service):
    limits = stack.facts(service)["HostConfig"]
    assert limits["Memory"] >= 512 * 2**20
    assert limits["NanoCpus"] > 0
    assert 0 < limits["PidsLimit"] <= 1024
    # What the kernel holds to, by whichever version of control groups.
    script = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null"
    assert int(stack.inside(service, "sh", "-c", script, check=False).stdout) == limits["Memory"]


@pytest.mark.parametrize("service", LASTING)
def test_logs_are_rotated_and_what_ends_is_started_again(stack, service):
    found = stack.facts(service)["HostConfig"]
    assert found["LogConfig"]["Config"]["max-size"] == "10m"
    assert found["RestartPolicy"]["Name"] == "unless-stopped"


def test_the_scores_worker_can_change_no_stored_file(stack):
    done = stack.inside("worker-scores", "touch", "/var/lib/rematch/artifacts/mine", check=False)
    assert "Read-only file system" in done.stderr


def test_the_scores_worker_reaches_neither_the_internet_nor_this_machine(stack):
    gateways = [
        stack.facts("worker-scores")["NetworkSettings"]["Networks"][f"{stack.name}_{network}"]["Gateway"]
        for network in ("records", "queue")
    ]
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))  # noqa: S104  # it must answer to be seen shut off
        server.listen()
        port = str(server.getsockname()[1])
        addresses = [address for address in [*own_addresses(), *gateways] if address]
        # Seen from here it answers, so it is the network of the worker that shuts it off.
        socket.create_connection((own_addresses()[0], int(port)), timeout=3).close()
        done = stack.inside("worker-scores", "python", "-c", ON_THE_WAY_OUT, port, *addresses)
    assert done.stdout == ""


@pytest.mark.parametrize("service", ["api", "board", "reaper"])
def test_nothing_of_ours_gets_out_to_the_internet(stack, service):
    assert stack.inside(service, "python", "-c", ON_THE_WAY_OUT, "443").stdout == ""


def test_only_board_and_api_are_published_and_only_to_this_machine(stack):
    published = {}
    for service in LASTING:
        ports = stack.facts(service)["NetworkSettings"]["Ports"]
        bound = [one["HostIp"] for found in ports.values() if found for one in found]
        if bound:
            published[service] = bound
    assert published == {"api": ["127.0.0.1"], "board": ["127.0.0.1"]}


@pytest.mark.parametrize("port", ["API_PORT", "BOARD_PORT"])
def test_published_ports_answer_on_loopback_alone(stack, port):
    number = stack.settings[port]
    with (
        urllib.request.urlopen(f"http://127.0.0.1:{number}/", timeout=10)
        if port == "BOARD_PORT"
        else (urllib.request.urlopen(f"http://127.0.0.1:{number}/health", timeout=10)) as answer
    ):
        assert answer.status == 200
    for address in own_addresses():
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"http://{address}:{number}/", timeout=5)


@pytest.mark.parametrize("service", LASTING)
def test_no_secret_is_an_argument_of_a_process(stack, service):
    lines = stack.inside(service, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout
    assert [name for name, secret in stack.secrets.items() if secret in lines] == []


@pytest.mark.parametrize(
    ("service", "known"),
    [
        ("board", {"POSTGRES_BOARD_PASSWORD"}),
        ("worker-scores", {"POSTGRES_WORKER_PASSWORD", "REDIS_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY"}),
        ("api", {"POSTGRES_API_PASSWORD", "REDIS_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY"}),
        ("redis", {"REDIS_PASSWORD"}),
    ],
)
def test_a_container_knows_the_secrets_it_needs_and_no_other(stack, service, known):
    environment = "\n".join(stack.facts(service)["Config"]["Env"])
    assert {name for name, secret in stack.secrets.items() if secret in environment} == known


def test_no_secret_and_no_compiler_is_in_the_image(stack):
    image = stack.facts("api")["Config"]["Image"]
    history = stack.engine("history", "--no-trunc", "--format", "json", image)
    described = history + json.dumps(json.loads(stack.engine("image", "inspect", image)))
    assert [name for name, secret in stack.secrets.items() if secret in described] == []
    assert stack.inside("api", "sh", "-c", "command -v gcc cc c++ clang ld make", check=False).stdout == ""


@pytest.mark.parametrize("service", OURS)
def test_logs_hold_no_secret(stack, service):
    logs = stack.compose("logs", service)
    assert [name for name, secret in stack.secrets.items() if secret in logs.stdout + logs.stderr] == []
