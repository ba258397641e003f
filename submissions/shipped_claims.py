"""The claims that come with the project: one file a source, under `claims/`, named as the source."""

from collections.abc import Iterator
from pathlib import Path

from evaluator.errors import ClaimError
from submissions.claim_source import SourcedClaims
from submissions.claims_file import read_claims

FOLDER = Path(__file__).with_name("claims")


def shipped_names() -> list[str]:
    """Return the names of the sources, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.csv"))


def read_shipped() -> Iterator[SourcedClaims]:
    """Read the claims of every source."""
    for name in shipped_names():
        yield _read(name)


def check_own_name(sourced: SourcedClaims) -> None:
    """Check that somebody's claims do not carry the name of a source that comes with the project.

    Raises:
        ClaimError: They do, and say something else than it.
    """
    name = sourced.source.name
    if name in shipped_names() and _read(name).digest != sourced.digest:
        raise ClaimError(
            f"The source {name} comes with Rematch, and this file says something else. Give it a name of its own:"
            " --source NAME."
        )


def _read(name: str) -> SourcedClaims:
    return read_claims(FOLDER / f"{name}.csv")
