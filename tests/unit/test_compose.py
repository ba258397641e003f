"""The container stack as it is written down: every service confined, every setting handed on, every secret demanded."""

import re
from pathlib import Path

import pytest
import yaml

from submissions.api_settings import ApiSettings
from submissions.settings import Settings
from worker.settings import Settings as WorkerSettings

ROOT = Path(__file__).resolve().parents[2]
STACK = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
JOINING = yaml.safe_load((ROOT / "docker-compose.join.yml").read_text())
SERVICES = [
    *((f"docker-compose.yml: {name}", service) for name, service in STACK["services"].items()),
    *((f"docker-compose.join.yml: {name}", service) for name, service in JOINING["services"].items()),
]
OF_THE_IMAGE = {"home", "alive_folder"}
NOT_OF_A_STACK = {"poll_seconds"}
"""Of the worker without a broker."""
every_service = pytest.mark.parametrize("service", [one for _, one in SERVICES], ids=[name for name, _ in SERVICES])


def variables(settings, *, but=frozenset()):
    left_out = OF_THE_IMAGE | NOT_OF_A_STACK | but
    return {f"REMATCH_{name.upper()}" for name in settings.model_fields if name not in left_out}


@every_service
def test_a_service_is_confined(service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["options"]["max-size"]


@every_service
def test_a_service_that_stays_is_started_again_and_says_how_it_is(service):
    if service["restart"] == "no":
        assert "healthcheck" not in service
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["api", "reaper"])
def test_the_api_and_the_reaper_get_every_setting(name):
    known = STACK["services"][name]["environment"]
    wanted = variables(Settings) | variables(WorkerSettings, but={"device"}) | variables(ApiSettings)
    assert wanted - set(known) == set()


@pytest.mark.parametrize("stack", [STACK, JOINING], ids=["here", "joining"])
@pytest.mark.parametrize("name", ["worker-scores", "worker-models"])
def test_a_worker_gets_every_setting_wherever_it_is(stack, name):
    known = stack["services"][name]["environment"]
    device = set() if name == "worker-models" else {"device"}
    of_the_intake = {"max_file_mb", "max_runs"}
    wanted = variables(Settings, but=of_the_intake) | variables(WorkerSettings, but=device)
    assert wanted - set(known) == set()


def test_every_secret_of_the_template_is_demanded():
    names = re.findall(r"^([A-Z0-9_]+)=$", (ROOT / "deploy" / "env.template").read_text(), re.MULTILINE)
    assert len(names) == 9
    text = (ROOT / "docker-compose.yml").read_text()
    assert [name for name in names if f"${{{name}:?" not in text] == []


def test_what_may_be_changed_has_the_default_that_the_template_says():
    template = (ROOT / "deploy" / "env.template").read_text()
    said = dict(re.findall(r"^#([A-Z0-9_]+)=(.+)$", template, re.MULTILINE))
    text = (ROOT / "docker-compose.yml").read_text()
    used = dict(re.findall(r"\$\{([A-Z0-9_]+):-([^}]+)\}", text))
    examples = {"DATA_FOLDER", "WEIGHTS_FOLDER", "REMATCH_ARTIFACTS_URL", "REMATCH_S3_ENDPOINT_URL", "REMATCH_API_URL"}
    assert {name: value for name, value in said.items() if name not in examples} == {
        name: used.get(name) for name in said if name not in examples
    }


def test_only_board_and_api_are_published_unless_somebody_watches():
    published = {name for name, service in STACK["services"].items() if service.get("ports")}
    assert published == {"api", "board", "prometheus", "flower"}
    for name in ("prometheus", "flower"):
        assert STACK["services"][name]["profiles"] == ["monitoring"]
        assert STACK["services"][name]["ports"][0].startswith("127.0.0.1:")


def test_images_are_built_without_a_frontend_or_a_digest_from_elsewhere():
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"^#\s*syntax", text, re.MULTILINE)
    assert "@sha256:" not in text + (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"^FROM (\S+) AS (\w[\w-]*)", text, re.MULTILINE)[-2:] == [
        ("packages", "app"), ("packages-of-models", "models")
    ]  # fmt: skip
