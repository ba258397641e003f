"""The tags of the installed open_clip, read from its source: to import it takes seconds and all of torch."""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from evaluator.models.open_clip.names import QUICK

MODULE, TABLE = "pretrained.py", "_PRETRAINED"
"""Where the library lists the tags of every architecture, in dictionaries."""


def listed_tags(architecture: str) -> list[str] | None:
    """Return the tags of an architecture, perhaps a few too many; None where that cannot be read.

    A name with QuickGELU gets all tags of the plain one, of which the library takes some away.
    """
    table = _table()
    if table is None:
        return None
    plain = architecture.removesuffix(QUICK)
    found = [table.get(name, []) for name in dict.fromkeys((architecture, plain))]
    return None if None in found else [tag for tags in found for tag in tags or ()]


def library_folder() -> Path | None:
    """Return where the library is installed, None where it is not."""
    library = find_spec("open_clip")
    return Path(library.submodule_search_locations[0]) if library and library.submodule_search_locations else None


@cache
def _table() -> dict[str, list[str] | None] | None:
    """Read the tags of every architecture; None stands for what is not written as it is expected to be."""
    folder = library_folder()
    try:
        body = ast.parse((folder or Path()).joinpath(MODULE).read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    values = {
        target.id: statement.value
        for statement in body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    architectures = _entries(values.get(TABLE), values)
    if not architectures:
        return None
    return {
        name: None if (tags := _entries(one, values)) is None else list(tags) for name, one in architectures.items()
    }


def _entries(node: ast.expr | None, values: dict[str, ast.expr]) -> dict[str, ast.expr] | None:
    """Return the keys and values of a dictionary that stands there or under a name; None for anything else."""
    if isinstance(node, ast.Name):
        node = values.get(node.id)
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        found = dict(zip(keys, node.values, strict=True))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args:
        found = {keyword.arg: keyword.value for keyword in node.keywords}
    else:
        return None
    named = {key: value for key, value in found.items() if isinstance(key, str)}
    return named if len(named) == len(found) else None
