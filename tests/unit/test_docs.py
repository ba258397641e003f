"""The documents say what the code does: words, links, commands and verbs."""

import importlib
import importlib.util
import inspect
import re
from pathlib import Path

import pytest
import yaml

from submissions import account_tables, audit_tables, tables

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def glossary_terms() -> set[str]:
    return {
        term.lower() for term in re.findall(r"^\| \*\*(.+?)\*\*", (DOCS / "reference/glossary.md").read_text(), re.M)
    }


def heading_anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def table_names() -> list[str]:
    """The tables as words: SubmittedRun is "submitted run"."""
    classes = [
        cls
        for module in (tables, audit_tables, account_tables)
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__ and hasattr(cls, "__table__")
    ]
    return [re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cls.__name__).lower() for cls in classes]


@pytest.mark.parametrize("name", table_names())
def test_every_table_is_in_the_glossary(name):
    assert name in glossary_terms()


@pytest.mark.parametrize("package", ["submissions", "worker", "leaderboard"])
def test_every_setting_is_documented_with_its_variable(package):
    page = (DOCS / "reference/settings.md").read_text()
    settings = importlib.import_module(f"{package}.settings").Settings
    assert [name for name in settings.model_fields if f"REMATCH_{name.upper()}" not in page] == []


def test_the_glossary_is_in_alphabetical_order():
    terms = [t.lower() for t in re.findall(r"^\| \*\*(.+?)\*\*", (DOCS / "reference/glossary.md").read_text(), re.M)]
    assert terms == sorted(terms)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.exists(), f"{page.relative_to(ROOT)} links to {target}"
        if anchor:
            assert anchor in heading_anchors(found), f"{page.relative_to(ROOT)} links to {target}"


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_every_page_has_a_title(page):
    assert page.read_text().startswith("# ")


def written_reference():
    spec = importlib.util.spec_from_file_location("write_reference", DOCS / "write_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", written_reference().PAGES)
def test_a_written_page_is_what_the_code_says(page):
    reference = written_reference()
    if (reference.FOLDER / page).read_text(encoding="utf-8") != reference.PAGES[page]():
        pytest.fail(f"docs/reference/{page} is stale. Write it anew: {reference.COMMAND}", pytrace=False)


@pytest.mark.parametrize("part", ["splits", "evaluator"])
def test_every_value_in_a_help_has_a_name_of_its_own(part):
    from typer.main import get_command

    def parameters(command):
        for below in getattr(command, "commands", {}).values():
            yield from parameters(below)
        yield from command.params

    found = parameters(get_command(importlib.import_module(f"{part}.cli").app))
    takes_a_value = [one for one in found if not getattr(one, "is_flag", False)]
    assert [one.name for one in takes_a_value if not (one.metavar or "").strip("|").isupper()] == []


def test_the_command_that_writes_the_pages_is_a_verb_of_make():
    assert f"{written_reference().COMMAND.removeprefix('make ')}:" in (ROOT / "Makefile").read_text()


def test_decisions_are_numbered_without_gaps_and_say_context_and_outcome():
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text()
        assert text.startswith(f"# {int(page.name[:4])}. ")
        for heading in ("## Context", "## Outcome", "## Consequences"):
            assert heading in text, page.name


def test_the_first_two_commands_of_the_readme_are_demo_and_test():
    block = re.search(r"^```bash\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert block is not None
    assert [line.split("#")[0].strip() for line in block[1].splitlines()] == ["make demo", "make test"]


def test_every_make_verb_that_a_page_names_exists():
    verbs = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:^|`)make ([a-z][a-z0-9-]*)", page.read_text(), re.MULTILINE))
        assert named <= verbs, page.name


def test_make_help_says_a_line_for_every_verb():
    text = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: ([a-z0-9-]+)$", text, re.MULTILINE)) - {"always"}
    assert phony == set(re.findall(r"^([a-z0-9-]+):.*## \S", text, re.MULTILINE))


def test_continuous_integration_calls_make_test_and_nothing_else():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if "make" in line and not line.startswith("#")] == ["exec make test"]


def test_the_citation_carries_the_version_and_licence_of_the_package():
    from importlib.metadata import metadata

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert str(citation["version"]) == metadata("rematch")["Version"]
    assert citation["license"] == metadata("rematch")["License-Expression"]
