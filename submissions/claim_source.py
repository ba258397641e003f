"""Where claims are printed, and the claims of one such source together: what a file of claims is read into."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields, replace

from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet
from evaluator.errors import ClaimError
from splits.catalog import near_names

BOARD = "board"
"""What an audit of the board's own results is called, where others carry the name of a source."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Source:
    """A paper, a table, a log or a page that states numbers."""

    name: str
    """Short and in lower case, such as `rao2022`."""
    title: str = ""
    citation: str = ""
    url: str = ""
    licence: str = ""
    note: str = ""
    """What must be known of all its numbers."""

    def __post_init__(self) -> None:
        """Check the name.

        Raises:
            ClaimError: It is none that can stand in a command or an address.
        """
        if self.name == BOARD:
            raise ClaimError(f"{BOARD!r} is what an audit of the board itself is called. Give the source another name.")
        if _NAME.fullmatch(self.name) is None:
            raise ClaimError(
                f"{self.name[:80]!r} is no name of a source. Expected lower-case letters, digits, dots, hyphens"
                " and underscores, at most 80, such as rao2022."
            )


SOURCE_FIELDS = tuple(field.name for field in fields(Source) if field.name != "name")
"""What is said of a source beside its name."""


@dataclass(frozen=True, slots=True)
class SourcedClaims:
    """The claims of one source, in printed order."""

    source: Source
    claims: ClaimSet

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all that is said: the same claims in another file format have the same."""
        document = {"source": asdict(self.source), "claims": [_plain(claim) for claim in self.claims]}
        text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def of_system(self, system: str) -> "SourcedClaims":
        """Return the claims of one system.

        Raises:
            ClaimError: The source has none.
        """
        known = list(dict.fromkeys(claim.system for claim in self.claims))
        if system not in known:
            raise ClaimError(
                f"{self.source.name} has no claim of a system {system[:80]!r}.{near_names(system[:80], known)}"
                f" It has: {', '.join(known[:50])}{' ...' if len(known) > 50 else ''}."
            )
        return SourcedClaims(self.source, ClaimSet.of(one for one in self.claims if one.system == system))


def changed(source: Source, **said: str | None) -> Source:
    """Return a source of which some things are said otherwise; what is None or empty stays."""
    return replace(source, **{name: text for name, text in said.items() if text})


def _plain(claim: Claim) -> dict[str, object]:
    document = {field.name: getattr(claim, field.name) for field in fields(claim)}
    return {**document, "printed": [claim.printed.text, claim.printed.scale]}
