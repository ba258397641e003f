"""The house: top-level names, imports that stay light, requirement files without addresses."""

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("splits", "evaluator", "submissions", "worker", "leaderboard")
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
# The brackets keep this file from holding what it looks for.
REGISTRY = re.compile(r"://[a-z0-9.-]*\b(pyp[i]|pythonhoste[d]|anacond[a]|npmj[s])\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}>)-])/(?:roo[t]|hom[e]/[a-z]+|wor[k]|User[s]/[a-z]+)/")


def tracked_text_files() -> list[tuple[Path, str]]:
    """Every file that is or could be committed, with its text; binary files are left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for package in (*PACKAGES, "tests", "docs") for path in (ROOT / package).rglob("*.*")]
    found = []
    for path in paths:
        if path.is_file() and b"\0" not in (content := path.read_bytes())[:4096]:
            found.append((path, content.decode("utf-8", errors="replace")))
    return found


def modules_after(statement: str) -> set[str]:
    """The top-level modules loaded in a fresh interpreter once a statement has run."""
    code = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def requirement_lines(path: Path) -> list[str]:
    """The requirements of a file, each with its hashes, on one line."""
    text = path.read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_ships_a_package_of_our_name(package):
    assert set(metadata.packages_distributions().get(package, ["rematch"])) == {"rematch"}


def test_the_installed_packages_are_the_ones_in_this_tree():
    for package in PACKAGES:
        assert Path(__import__(package).__file__).is_relative_to(ROOT)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_ships_its_types(package):
    assert (ROOT / package / "py.typed").exists()


def test_the_command_starts_without_heavy_imports():
    loaded = modules_after("import leaderboard.cli")
    assert not loaded & {
        "torch",
        "streamlit",
        "pandas",
        "numba",
        "celery",
        "scipy",
        "sqlmodel",
        "sqlalchemy",
        "alembic",
    }


def test_looking_up_a_name_in_every_catalogue_loads_no_page_and_no_framework():
    loaded = modules_after(
        "from splits import SPLITS\n"
        "from evaluator.score_format import FORMATS\n"
        "from evaluator.metric import METRICS\n"
        "from evaluator.protocol import PROTOCOLS\n"
        "from submissions.claim_layout import CLAIM_LAYOUTS\n"
        "for catalog in (SPLITS, FORMATS, METRICS, PROTOCOLS, CLAIM_LAYOUTS):\n"
        "    assert len(list(catalog))"
    )
    assert not loaded & {"torch", "open_clip", "transformers", "streamlit", "celery", "sqlmodel", "sqlalchemy"}


def test_a_folder_of_artifacts_needs_no_client_of_an_object_store():
    loaded = modules_after("from submissions.artifacts import artifact_store\nartifact_store().holds('0' * 64, 1)")
    assert not loaded & {"boto3", "botocore", "s3transfer"}


def test_the_evaluator_is_a_library_without_a_database():
    loaded = modules_after("import evaluator, splits")
    assert not loaded & {"torch", "streamlit", "celery", "redis", "sqlmodel", "sqlalchemy"}


def test_the_claims_are_in_the_wheel():
    from hatchling.builders.wheel import WheelBuilder

    packed = {included.distribution_path for included in WheelBuilder(str(ROOT)).recurse_included_files()}
    shipped = {f"submissions/claims/{path.name}" for path in (ROOT / "submissions" / "claims").iterdir()}
    assert shipped
    assert shipped <= packed


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_requirement_files_hold_exact_versions_with_hashes_and_no_addresses(path):
    assert "://" not in path.read_text()
    lines = requirement_lines(path)
    assert lines
    for line in lines:
        # An option line such as --index-url would not match.
        assert re.match(r"[a-z0-9-]+==\S+ ", line), line[:80]
        assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}(?= |$)", line)) >= 1, line[:80]


def test_what_developers_install_includes_what_users_install():
    def pins(name: str) -> set[str]:
        return {line.split(" --hash")[0].strip() for line in requirement_lines(ROOT / "requirements" / name)}

    assert pins("core.txt") <= pins("dev.txt")
    assert pins("core.txt") <= pins("models.txt")


def test_no_file_names_a_package_registry():
    hits = [str(path.relative_to(ROOT)) for path, text in tracked_text_files() if REGISTRY.search(text)]
    assert not hits


def test_no_file_names_a_path_of_one_machine():
    hits = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, text in tracked_text_files()
        if (match := MACHINE_PATH.search(text))
    ]
    assert not hits


def test_no_file_is_large():
    large = [path for path, _ in tracked_text_files() if path.stat().st_size > 1_000_000]
    assert not large


def test_the_command_reads_an_env_file_and_what_is_set_already_wins(tmp_path):
    (tmp_path / ".env").write_text("REMATCH_HOME=from-file\nREMATCH_DATABASE_URL=fromfile://x\n")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("REMATCH_")}
    for given, expected in (
        (None, "fromfile://x"),
        ("fromenvironment://x", "fromenvironment://x"),
    ):
        own = environment if given is None else environment | {"REMATCH_DATABASE_URL": given}
        done = subprocess.run(
            [sys.executable, "-m", "leaderboard.cli", "migrate"], cwd=tmp_path, env=own, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert f"starts with {expected.partition(':')[0]!r}" in done.stderr


def test_no_page_and_no_catalogue_loads_a_deep_learning_framework():
    statement = (
        "import leaderboard.data, worker.queue, submissions.again, submissions.check\n"
        "from pathlib import Path\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from evaluator import FORMATS, METRICS, PROTOCOLS\n"
        "from evaluator.model import MODELS\n"
        "from splits import SPLITS\n"
        "from splits.data_layout import LAYOUTS\n"
        "print(*map(len, (FORMATS, METRICS, PROTOCOLS, MODELS, SPLITS, LAYOUTS)))\n"
        "for view in sorted(Path('leaderboard/views').glob('[a-z]*.py')):\n"
        "    assert not AppTest.from_file(str(view), default_timeout=60).run().exception"
    )
    assert not {"torch", "torchvision", "open_clip", "transformers", "timm"} & modules_after(statement)
