"""Write the reference pages that the code knows best, so that a page and the code cannot differ.

Commands come from the command's own help; splits, protocols, metrics, score formats and models from their catalogues,
claims files from their columns, layouts and sources, probes from theirs.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "reference"
COMMAND = "make docs-reference"


def write_pages() -> None:
    """Write every page anew."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


def commands_page() -> str:
    """Return the page of commands."""
    from typer.main import get_command

    from leaderboard.cli import app

    introduction = f"""# Commands

Written by `{COMMAND}` from the command's own help. Tables for people by default, `--json` for machines;
results go to standard output, everything else to standard error. Exit code 0 is success, 1 an error of the input
(one clear message), 2 wrong usage.
"""
    return "\n".join([introduction, *_sections(get_command(app), "rematch")])


def routes_page() -> str:
    """Return the page of the HTTP API's routes and of what goes over them."""
    from submissions.api import create_app

    schema = create_app(announce=list, check_broker=lambda: None, redis_url=None).openapi()
    parts = []
    for tag in schema["tags"]:
        rows = [
            (f"`{method.upper()} {path}`", route.get("description", "").replace("\n", " "))
            for path, methods in schema["paths"].items()
            for method, route in methods.items()
            if tag["name"] in route.get("tags", ())
        ]
        parts.append(
            f"## {tag['name'].capitalize()}\n\n{tag['description']}\n\n{_table(('Route', 'What it does'), rows)}\n"
        )
    documents = [
        f"### {name}\n\n{one.get('description', '')}\n\n{_table(('Field', 'Meaning'), _fields_of(one))}\n"
        for name, one in sorted(schema["components"]["schemas"].items())
        if one.get("properties") and "ValidationError" not in name and "_" not in name
    ]
    introduction = "The same for programs, with types and examples: `/api/v1/openapi.json` of any board."
    return _page("Routes of the HTTP API", introduction, *parts, "## Documents\n", *documents)


def _fields_of(schema: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f"`{name}`", one.get("description", "")) for name, one in schema["properties"].items()]


def splits_page() -> str:
    """Return the page of splits."""
    from splits import ORIGINAL, SPLITS, SplitDefinition

    def judgments(definition: SplitDefinition) -> str:
        return ", ".join([ORIGINAL, *(definition.read().extended if definition.read else ())])

    def count(number: int | None) -> str:
        return "not known yet" if number is None else f"{number:,}"

    rows = [
        (
            f"`{one.name}`",
            str(one.dataset.centricity),
            count(one.n_images),
            count(one.n_captions),
            judgments(one),
            "at hand" if one.read else "to be built",
            f"`{one.digest}`" if one.digest else "not pinned yet",
        )
        for one in _sorted(SPLITS.values())
    ]
    datasets = _sorted({one.dataset.name: one.dataset for one in SPLITS.values()}.values())
    sources = [(f"`{one.name}`", one.title, one.licence, one.citation, one.source) for one in datasets]
    return _page(
        "The catalogue of splits",
        "What a score file can be scored on by name. [Splits](splits.md) says what the ids and their order are, how a"
        " split that is not at hand is built, and which copies of it are not the split.",
        _table(("Split", "Type", "Images", "Captions", "Judgments", "Data", "Digest"), rows),
        "## Where they come from",
        _table(("Dataset", "Title", "Licence", "Citation", "Source"), sources),
    )


def protocols_page() -> str:
    """Return the page of protocols."""
    from evaluator.protocol import PROTOCOLS

    rows = [
        (
            f"`{one.name}`",
            str(one.version),
            f"`{one.split}`" if one.split else "any",
            one.judgments,
            one.captions.value,
            one.folds.words if one.folds else "none",
            ", ".join([*one.metrics, *(["rsum"] if one.has_rsum else [])]),
            one.notes,
        )
        for one in _sorted(PROTOCOLS.values())
    ]
    return _page(
        "Protocols",
        "A protocol is a versioned recipe, and numbers compare only within one. Its split is one of the"
        " [catalogue](splits-catalogue.md), its metrics are [defined here](metrics.md).",
        _table(("Protocol", "Version", "Split", "Judgments", "Captions", "Folds", "Metrics", "Notes"), rows),
    )


def metrics_page() -> str:
    """Return the page of metrics."""
    from evaluator.metric import METRICS

    rows = [
        (
            f"**{one.name}**",
            one.definition,
            "the best relevant candidate" if one.from_counts else "every relevant candidate",
            "percent" if one.is_fraction else "a rank, from 1",
            "higher" if one.higher_is_better else "lower",
            str(one.aggregate),
        )
        for one in _sorted(METRICS.values())
    ]
    return _page(
        "Metrics",
        "Every metric has one value for each query and three ways of placing tied candidates: see"
        " [ties](../explanation/ties.md). **rsum** is the sum of R@1, R@5 and R@10 over both directions.",
        _table(("Metric", "Definition", "Looks at", "Shown as", "Better", "Over queries"), rows),
    )


def formats_page() -> str:
    """Return the page of score formats and containers."""
    from evaluator.container import CONTAINERS
    from evaluator.score_format import FORMATS

    def rows(entries: Iterable[Any]) -> list[Sequence[str]]:
        return [(f"`{one.name}`", one.summary, ", ".join(f"`{s}`" for s in one.suffixes)) for one in _sorted(entries)]

    return _page(
        "Score formats",
        "A score file is recognised by its content, whatever it is called. [Score files](score-files.md) says what is"
        " in them.",
        _table(("Format", "What it holds", "Usual endings"), rows(FORMATS.values())),
        "## Containers",
        "Formats that are made of named arrays read them from each of these.",
        _table(("Container", "How it keeps arrays", "Usual endings"), rows(CONTAINERS.values())),
    )


def alternatives_page() -> str:
    """Return the page of alternatives that the protocol explainer tries."""
    from evaluator.audit.alternative import ALTERNATIVES

    return _page(
        "Alternatives",
        "Other ways of evaluating the same scores, which `rematch explain` holds against printed numbers: see the"
        " [protocol explainer](../explanation/protocol-explainer.md). Each is tried with the directions under each"
        " other's name too.",
        _table(
            ("Alternative", "What is done"), [(f"`{one.name}`", one.title) for one in _sorted(ALTERNATIVES.values())]
        ),
    )


def models_page() -> str:
    """Return the page of models that are written down."""
    from evaluator.checkpoints import known_checkpoints
    from evaluator.model import MODELS

    families = [
        (f"`{one.name}`", one.title, f"`{one.name}:{one.grammar}`", _stages(one), ", ".join(one.dependencies) or "none")
        for one in _sorted(MODELS.values())
    ]
    rows = [
        (
            f"`{one.reference}`",
            f"{one.checkpoint.parameters / 1e6:,.1f} M" if one.checkpoint.parameters else "not stated",
            str(one.checkpoint.resolution or "not stated"),
            one.checkpoint.pretraining_data or "not stated",
            one.checkpoint.setting,
            one.checkpoint.licence or "not stated",
            one.checkpoint.source,
        )
        for one in known_checkpoints(MODELS.values())
    ]
    return _page(
        "Models",
        "What can be run by name, and what is known of it; [run a model](../how-to/run-a-model.md) says how. A family"
        " takes any other checkpoint of its grammar too.",
        _table(("Family", "Title", "Reference", "How it scores", "Needs"), families),
        "## Checkpoints",
        _table(("Reference", "Parameters", "Pixels", "Pre-training data", "Setting", "Licence", "Source"), rows),
    )


def _stages(family: Any) -> str:
    if family.needs_candidates:
        return "cross-encoder; candidates of another model"
    return "re-ranks its own candidates" if family.is_two_stage else "cosine of embeddings"


def claims_page() -> str:
    """Return the page of claims files."""
    from submissions.claim_columns import COLUMNS
    from submissions.claim_document import DECLARED, MAX_CLAIMS
    from submissions.claim_layout import CLAIM_LAYOUTS
    from submissions.claims_file import MAX_BYTES
    from submissions.shipped_claims import read_shipped

    def need(required: bool, default: str) -> str:
        return "required" if required else default

    columns = [(f"`{one.name}`", one.meaning, need(one.required, one.default)) for one in COLUMNS]
    layouts = [
        (f"`{one.name}`", one.summary, one.scale.value, one.source.citation) for one in _sorted(CLAIM_LAYOUTS.values())
    ]
    shipped = [
        (f"`{one.source.name}`", one.source.title, f"{len(one.claims):,}", one.source.note, one.source.citation)
        for one in read_shipped()
    ]
    return _page(
        "Claims files",
        "A claims file holds the numbers that one source reports, with their digits as printed. [Import claims]("
        "../how-to/import-claims.md) shows one.",
        "## What it declares",
        "CSV begins with lines `# key: value`; a line that begins with `##` is a remark. JSON and YAML have the same"
        " keys beside a list `claims`. The scale must be declared, there or with `--scale`; a rank, such as MedR, is"
        " plain whatever the file declares. Any column but `value` and `note` can be declared as well, and holds for"
        f" all rows that leave it empty. Keys: {', '.join(f'`{name}`' for name in DECLARED)}.",
        "## Columns",
        "One line, or one member of `claims`, for each printed number. A cell that a table leaves empty has no line.",
        _table(("Column", "Meaning", "Where empty"), columns),
        "Numbers keep their digits: 72.50 is not 72.5, and JSON and YAML numbers are read as they are written. A float"
        " that a program wrote out in full is cut to twelve significant digits; round 32-bit floats to six decimals"
        f" yourself. A file has at most {MAX_CLAIMS:,} claims and {MAX_BYTES // 2**20} MB, in UTF-8. A cell that a"
        " spreadsheet would run as a formula is written with an apostrophe in front, which reading takes away.",
        "## Layouts of published tables",
        "Recognised by their header, and imported as they are.",
        _table(("Layout", "What is imported", "Scale", "Citation"), layouts),
        "## Sources that come with Rematch",
        "Systems of `rao2022` are described, by size, interaction, encoders, data, training and loss, in"
        " `submissions/claims/rao2022-systems.yaml`.",
        _table(("Source", "Title", "Claims", "What must be known", "Citation"), shipped),
    )


def probes_page() -> str:
    """Return the page of probes."""
    from worker.probe import PROBES, Part

    parts = list(Part)
    rows = [
        (f"`{one.name}`", one.part.value, one.expects, ", ".join(f"`{name}`" for name in one.needs))
        for one in sorted(PROBES.values(), key=lambda one: parts.index(one.part))
    ]
    return _page(
        "Probes",
        "`rematch doctor` asks each of them, and prints OK, WARN or FAIL with what was found and, where it is not as"
        " expected, what to do. What a probe needs is asked first. [Add a probe](../how-to/add-a-probe.md) shows one.",
        _table(("Probe", "About", "Expects", "Needs"), rows),
    )


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "api-routes.md": routes_page,
    "splits-catalogue.md": splits_page,
    "protocols.md": protocols_page,
    "metrics.md": metrics_page,
    "formats.md": formats_page,
    "alternatives.md": alternatives_page,
    "models.md": models_page,
    "claims.md": claims_page,
    "probes.md": probes_page,
}


def _page(title: str, introduction: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", f"Written by `{COMMAND}`. {introduction}", *parts]) + "\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (columns, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], f"|{'---|' * len(columns)}", *lines[1:]])


def _sorted(entries: Iterable[Any]) -> list[Any]:
    from splits.catalog import natural_key

    return sorted(entries, key=lambda one: natural_key(one.name))


def _sections(command: Any, path: str) -> list[str]:
    if getattr(command, "hidden", False):
        return []
    below = getattr(command, "commands", {})
    lines = (
        []
        if below and path == "rematch"
        else [f"## `{path}`\n", f"{(command.help or '').strip()}\n", *_options(command)]
    )
    for name in below:
        lines += _sections(below[name], f"{path} {name}")
    return lines


def _options(command: Any) -> list[str]:
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    if not shown:
        return []
    return [_table(("Argument or option", "Meaning"), [(_written(one), _meaning(one)) for one in shown]), ""]


def _written(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    value = f" {parameter.metavar}" if parameter.metavar else ""
    return ", ".join(f"`{name}{value}`" for name in [*parameter.opts, *parameter.secondary_opts])


def _meaning(parameter: Any) -> str:
    return " ".join((parameter.help or "").split())


if __name__ == "__main__":
    write_pages()
