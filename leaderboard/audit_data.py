"""Cached readers of audits and claims; see `leaderboard.data`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import streamlit as st

from evaluator.audit.claim import Claim
from leaderboard.data import KEPT_SECONDS, state
from submissions import audit_reading, audit_why, database
from submissions.audit_cells import verdict
from submissions.audit_reading import ReadAudit
from submissions.claims_about import claims_about as claims_about_submission
from submissions.database import session


def audits() -> dict[str, ReadAudit]:
    """Read every source of claims with what an audit finds of it; nothing is kept."""
    results = state()
    with session() as opened:
        return _audits(results, f"{database.safe_url()} {audit_reading.state_of_audits(opened)}")


def can_explain(evaluations: Sequence[str]) -> bool:
    """Whether the scores behind some evaluations are stored and small enough to be tried while a visitor waits."""
    with session() as opened:
        return bool(evaluations) and audit_why.can_wait(opened, evaluations)


def explanation(verdicts: Sequence[Mapping[str, Any]], claims: Sequence[Claim]) -> dict[str, Any]:
    """Try stored scores in the other ways that papers use; see `can_explain` first."""
    said = tuple((claim.metric, claim.direction, claim.printed) for claim in claims)
    return _explanation(state(), tuple(verdicts[0]["evaluations"]), said, verdicts, claims)


def claims_about(submission_id: UUID) -> list[dict[str, Any]]:
    """Hold the claims that are of a public submission against what was measured of it, as an audit does."""
    return _claims_about(state(), submission_id)


# Shared by all visitors as it is, and never changed: a copy for each would take longer than drawing the page.
@st.cache_resource(ttl=KEPT_SECONDS, max_entries=2, show_spinner="Looking at what sources print …")
def _looked_at(state_of_claims: str) -> dict[str, ReadAudit]:
    with session() as opened:
        return audit_reading.read_audits(opened)


@st.cache_resource(ttl=KEPT_SECONDS, max_entries=2, show_spinner=False)
def _audits(state: str, state_of_claims: str) -> dict[str, ReadAudit]:
    found = _looked_at(state_of_claims)
    with session() as opened:
        return audit_reading.held(opened, found)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=64, show_spinner=False)
def _explanation(
    state: str,
    evaluations: tuple[str, ...],
    said: tuple[object, ...],
    _verdicts: Sequence[Mapping[str, Any]],
    _claims: Sequence[Claim],
) -> dict[str, Any]:
    with session() as opened:
        return audit_why.why(opened, _verdicts, _claims)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=64, show_spinner="Holding claims against it …")
def _claims_about(state: str, submission_id: UUID) -> list[dict[str, Any]]:
    with session() as opened:
        return [verdict(held) for held in claims_about_submission(opened, submission_id)]
