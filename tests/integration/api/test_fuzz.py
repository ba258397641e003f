"""Requests that nobody thought of, made from the API's own description: never a fault of ours, never another shape."""

import json
import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from submissions.account_tables import Role
from tests.integration.api.conftest import bearer, make_token

N_EXAMPLES = int(os.environ.get("REMATCH_FUZZ_EXAMPLES", "10"))
"""For every route; more of them are for a night: REMATCH_FUZZ_EXAMPLES=1000."""
AS_DESCRIBED = [status_code_conformance, content_type_conformance, response_schema_conformance]
UNTIRING = settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def server(postgres_url, redis_url, serve, monkeypatch):
    """A real server, with limits that the test does not meet."""
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)
    monkeypatch.setenv("REMATCH_API_REQUESTS_PER_MINUTE", "1000000")
    monkeypatch.setenv("REMATCH_API_ADDRESS_REQUESTS_PER_MINUTE", "1000000")
    with serve() as (process, url):
        yield url
        assert process.poll() is None


def test_no_request_makes_the_api_fail(server):
    headers = bearer(make_token("root", Role.ADMIN))
    schema = schemathesis.openapi.from_url(f"{server}/api/v1/openapi.json")
    statuses = []

    def answered(case):
        answer = case.call(headers=headers)
        statuses.append(answer.status_code)
        case.validate_response(answer, checks=AS_DESCRIBED)
        assert answer.status_code < 500, (case.as_curl_command(), answer.content)
        if answer.status_code >= 400 and case.method.upper() != "HEAD":
            assert set(json.loads(answer.content)) == {"error", "request_id"}, answer.content

    for found in schema.get_all_operations():
        UNTIRING(given(case=found.ok().as_strategy())(answered))()
    assert len(statuses) > 15 * N_EXAMPLES
    assert {200, 404, 422} <= set(statuses)
