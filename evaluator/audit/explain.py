"""Which difference of protocol explains printed numbers: scores under every alternative, by distance to the claims.

An alternative fits when every claim is within half a step of its last digit from the alternative's value, or from the
values between which it may lie. How one is chosen is told in docs/explanation/protocol-explainer.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from evaluator.audit.alternative import ALTERNATIVES, Alternative, Form, Key, Span, Values, swapped
from evaluator.audit.case import Case
from evaluator.audit.claim import Claim
from evaluator.audit.trial import SWAPPED, Cell, Trial
from evaluator.errors import ClaimError
from evaluator.metric import METRICS
from evaluator.protocol import RECALLS, Protocol
from evaluator.run import Run
from splits.errors import RematchError
from splits.split import Direction, Split

EQUAL = 1e-12


@dataclass(frozen=True)
class Explanation:
    """What comes of trying all alternatives."""

    claims: tuple[Claim, ...]
    own: Trial | None
    """The protocol itself; None where it does not measure all that is claimed."""
    trials: tuple[Trial, ...]
    """The alternatives that change something: those that fit first, each part nearest first."""
    left_out: tuple[tuple[str, str], ...]
    """Alternatives that could not be tried, with the reason."""

    @cached_property
    def fitting(self) -> tuple[Trial, ...]:
        """Return the alternatives that fit, the likeliest first; none where the protocol itself fits."""
        if self.own is not None and self.own.fits:
            return ()
        return tuple(trial for trial in self.trials if trial.fits)

    @property
    def explained_by(self) -> Trial | None:
        """Return the alternative that explains the claims, None if none does or none is needed."""
        return self.fitting[0] if self.fitting else None


@dataclass(frozen=True, slots=True)
class Tried:
    """The values under the protocol itself and under every alternative, before any claim is held against them."""

    own: Values
    forms: tuple[tuple[Alternative, Form], ...]
    left_out: tuple[tuple[str, str], ...]


def explain(
    runs: Sequence[Run], protocol: Protocol, split: Split, claims: Sequence[Claim], *, seed: int = 0
) -> Explanation:
    """Compute scores under the alternatives, and hold each against the claims together.

    Args:
        runs: Scores of one system, one run for each seed.
        protocol: What the scores are for.
        split: The protocol's split.
        claims: Printed numbers of one series, or of both directions.
        seed: Governs what the protocol itself draws.

    Raises:
        ClaimError: There is no claim, or one that no protocol measures.
        ScoreFileError: A score is NaN or infinite.
        ProtocolError: The protocol cannot be applied to these runs.
    """
    return weigh(attempt(Case(tuple(runs), split, replace(protocol, metrics=_metrics(claims)), seed)), claims)


def attempt(case: Case) -> Tried:
    """Compute the scores under the protocol and under every alternative."""
    own = case.own
    forms: list[tuple[Alternative, Form]] = []
    left_out = []
    for alternative in ALTERNATIVES.values():
        try:
            forms += [(alternative, form) for form in alternative.forms(case)]
        except RematchError as error:
            left_out.append((alternative.name, str(error)))
    return Tried(own, tuple(forms), tuple(left_out))


def weigh(tried: Tried, claims: Sequence[Claim]) -> Explanation:
    """Hold everything that was tried against claims on its metrics."""
    own = _trial((), "the protocol itself", Form(tried.own), claims)
    trials = [trial for one, form in tried.forms for trial in _trials(one, form, tried.own, claims)]
    return Explanation(tuple(claims), own, tuple(sorted(trials, key=Trial.order)), tried.left_out)


def _metrics(claims: Sequence[Claim]) -> tuple[str, ...]:
    if not claims:
        raise ClaimError("There is no claim to explain. Give at least one, such as 'i2t R@1=58.4'.")
    for claim in claims:
        if (claim.metric == "rsum") is not (claim.direction is None):
            raise ClaimError(f"{claim.metric} is claimed for {claim.direction or 'no direction'}: rsum alone has none.")
    asked = [METRICS[claim.metric].name for claim in claims if claim.metric != "rsum"]
    whole = RECALLS if len(asked) < len(claims) else ()
    return tuple(dict.fromkeys([*asked, *whole]))


def _trials(alternative: Alternative, form: Form, own: Values, claims: Sequence[Claim]) -> Iterator[Trial]:
    """Try a form as it is, and with the directions under each other's name."""
    names: tuple[str, ...] = (alternative.name,)
    if _same(form.values, own, claims):
        return
    if found := _trial(names, alternative.title, form, claims):
        yield found
    # Interchanged as well, what leaves much open would fit too easily to be evidence of either.
    if alternative.name != SWAPPED and all(span.low == span.high for span in form.values.values()):
        both = replace(form, values=swapped(form.values))
        title = f"{alternative.title}, and {ALTERNATIVES[SWAPPED].title}"
        if found := _trial((*names, SWAPPED), title, both, claims):
            yield found


def _same(values: Values, own: Values, claims: Sequence[Claim]) -> bool:
    """Whether an alternative changes nothing that is claimed, in either direction."""
    metrics = {claim.metric for claim in claims}
    keys: list[Key] = [(metric, direction) for metric in metrics for direction in (*Direction, None)]
    nothing = Span.exactly(float("inf"))
    pairs = [(values.get(key, nothing), own.get(key, nothing)) for key in keys]
    return all(mine == theirs or _width(mine, theirs) < EQUAL for mine, theirs in pairs)


def _width(one: Span, other: Span) -> float:
    values = (one.value, one.low, one.high, other.value)
    return max(values) - min(values)


def _trial(names: tuple[str, ...], title: str, form: Form, claims: Sequence[Claim]) -> Trial | None:
    keys: list[Key] = [(claim.metric, claim.direction) for claim in claims]
    if not all(key in form.values for key in keys):
        return None
    cells = [Cell(claim, form.values[key]) for claim, key in zip(claims, keys, strict=True)]
    return Trial(names, title, form.label, tuple(cells))
