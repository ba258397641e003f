"""Read one YAML document of a user: bounded, without aliases, tags, repeated keys or anything but plain values."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from splits.shown import escaped
from submissions.errors import ManifestError

MAX_BYTES = 256 * 1024
"""A manifest of 200 runs with everything stated has about 60 kB."""
_TEXT_TAG = "tag:yaml.org,2002:str"
_NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_UNTAKEN = "it holds a value that YAML cannot take, such as a date or a number that is none. Put it in quotes"
_BURSTS = (ValueError, ArithmeticError, LookupError, AttributeError, TypeError)
"""What PyYAML lets through when a value is not what it looks like."""


class _PlainLoader(yaml.SafeLoader):
    """The safe loader without aliases, which can blow up a document, tags, and silently lost keys."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            problem = "an alias (*name) stands where the value itself is expected"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        if isinstance(event, yaml.NodeEvent) and (tag := getattr(event, "tag", None)) is not None:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            problem = f"the tag {shown:.40} stands before a value. Leave it out: the value alone says what it is"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except _BURSTS:
            raise yaml.MarkedYAMLError(problem=_UNTAKEN, problem_mark=node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, int] = {}
        for key_node, _ in node.value:
            if key_node.tag != _TEXT_TAG:
                raise yaml.MarkedYAMLError(problem="a key is no plain text", problem_mark=key_node.start_mark)
            key = key_node.value
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r:.80} is given again, first in line {seen[key]}",
                    problem_mark=key_node.start_mark,
                )
            seen[key] = key_node.start_mark.line + 1
        return super().construct_mapping(node, deep)


class _DigitsLoader(_PlainLoader):
    """The same, with numbers as they are written: 72.50 has a digit that a float loses."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag in _NUMBER_TAGS:
            return node.value
        return super().construct_object(node, deep)


def read_yaml(path: Path) -> object:
    """Read a YAML document.

    Raises:
        ManifestError: It cannot be read, is too large, or is not plain YAML.
    """
    return parse_yaml(_read_text(path), path)


def parse_yaml(text: str, path: Path, *, numbers_as_text: bool = False) -> object:
    """Read a YAML document from its text.

    Args:
        text: The document.
        path: Where it comes from, for messages.
        numbers_as_text: Whether numbers are wanted with the digits that are written.

    Raises:
        ManifestError: It is not plain YAML.
    """
    try:
        # S506: the loaders are SafeLoaders that allow even less.
        return yaml.load(text, Loader=_DigitsLoader if numbers_as_text else _PlainLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        raise ManifestError([_explain(error, path)]) from None
    except yaml.YAMLError as error:
        raise ManifestError([f"{path} is not YAML: {str(error).splitlines()[0]}."]) from None
    except RecursionError:
        raise ManifestError([f"{path} is nested too deeply."]) from None
    except _BURSTS:
        # Outside of any value: an escape beyond Unicode, or a version of 5,000 digits.
        raise ManifestError([f"{path} holds an escape (\\U...) or a directive (%...) that YAML cannot take."]) from None


def _explain(error: yaml.MarkedYAMLError, path: Path) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)
    problem = escaped(str(error.problem or error.context))
    return f"{where}: this is not plain YAML: {problem}. Look at this line and the one before it."


def _read_text(path: Path) -> str:
    if path.is_dir():
        raise ManifestError([f"{path} is a folder. Name the manifest in it, for example {path / 'submission.yaml'}."])
    if not path.is_file():
        raise ManifestError([f"There is no file {path}. Check the path; it is taken from the current folder."])
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ManifestError(
                [f"{path} has more than {MAX_BYTES // 1024} kB. A manifest is a short text that names the score files."]
            )
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(
            [f"{path} is no text: byte {error.start} is not UTF-8. Name the manifest, not a score file."]
        ) from None
    except OSError as error:
        raise ManifestError([f"{path} cannot be read: {error.strerror}."]) from None
