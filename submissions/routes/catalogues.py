"""What systems are measured on, and how: splits and protocols."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from splits.errors import RematchError
from submissions.api_access import Asking
from submissions.api_errors import NotFoundError, UnavailableError

router = APIRouter()


@router.get("/splits", tags=["splits"])
def splits(_: Asking) -> list[dict[str, Any]]:
    """List the splits of this board, without their ids."""
    from splits.catalog import natural_key
    from splits.description import describe
    from splits.loading import SPLITS

    return [describe(SPLITS[name]) for name in sorted(SPLITS, key=natural_key)]


@router.get("/splits/{name:path}", tags=["splits"])
def split(
    name: str, _: Asking, ids: Annotated[bool, Query(description="With all ids in canonical order, and pairs.")] = False
) -> dict[str, Any]:
    """Describe a split; with its ids, everything needed to bring scores into order."""
    from splits.catalog import unknown_name_message
    from splits.description import describe, describe_in_full
    from splits.loading import SPLITS, load_split

    if name not in SPLITS:
        raise NotFoundError(unknown_name_message("split", name[:200], list(SPLITS)))
    if not ids:
        return describe(SPLITS[name])
    try:
        return describe_in_full(load_split(name))
    except RematchError as error:
        raise UnavailableError(f"The ids of {name} are not on this board: {error}") from error


@router.get("/protocols", tags=["protocols"])
def protocols(_: Asking) -> list[dict[str, Any]]:
    """List the protocols of this board."""
    from evaluator.protocol import PROTOCOLS

    return [_protocol(name) for name in PROTOCOLS]


@router.get("/protocols/{name}", tags=["protocols"])
def protocol(name: str, _: Asking) -> dict[str, Any]:
    """Describe a protocol."""
    from evaluator.protocol import PROTOCOLS
    from splits.catalog import unknown_name_message

    if name not in PROTOCOLS:
        raise NotFoundError(unknown_name_message("protocol", name[:200], list(PROTOCOLS)))
    return _protocol(name)


def _protocol(name: str) -> dict[str, Any]:
    from evaluator.protocol import PROTOCOLS

    one = PROTOCOLS[name]
    return {
        "name": one.name,
        "version": one.version,
        "title": one.title,
        "split": one.split,
        "judgments": one.judgments,
        "metrics": list(one.metrics),
        "leading": one.leading,
        "folds": None if one.folds is None else {"count": one.folds.count, "draws": one.folds.draws},
        "captions": one.captions.value,
        "notes": one.notes,
    }
