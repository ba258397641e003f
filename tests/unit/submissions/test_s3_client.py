"""What is sent to an S3-compatible server, and what becomes of what it answers; no server is needed for either."""

import hashlib
import sys
from io import BytesIO
from types import SimpleNamespace

import pytest

from submissions.artifacts import artifact_store
from submissions.errors import ArtifactError, SettingsError
from submissions.s3_bucket import S3Bucket
from submissions.s3_client import _client, s3_client
from submissions.s3_faults import explained
from submissions.s3_place import S3Place
from tests.s3_server import CREDENTIALS

PLACE = S3Place("scores", "rematch", "http://localhost:9000")


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def new_client():
    """No client of an earlier test is used, and none of this test by a later one."""
    _client.cache_clear()
    yield
    _client.cache_clear()


def message_of(raised):
    with pytest.raises(ArtifactError) as caught, explained(PLACE):
        raise raised
    return str(caught.value)


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("NoSuchBucket", 404, "There is no bucket 'scores' .*aws s3 mb s3://scores"),
        ("InvalidAccessKeyId", 403, "refuses the credentials .*InvalidAccessKeyId.*AWS_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", 403, "refuses the credentials"),
        ("SomethingNew", 403, "refuses the credentials"),
        ("ExpiredToken", 400, "refuses the credentials"),
        ("PermanentRedirect", 301, "is in another region .*REMATCH_S3_REGION"),
        ("AuthorizationHeaderMalformed", 400, "is in another region"),
        ("RequestTimeTooSkewed", 403, "refuses the time of this machine"),
        ("XMinioStorageFull", 507, "takes no more files .*Free some space"),
        ("QuotaExceeded", 403, "takes no more files"),
        ("SlowDown", 503, "does not answer: SlowDown"),
        ("InternalError", 500, "does not answer"),
        ("MalformedXML", 400, "cannot be used: MalformedXML: What the server says. Check"),
    ],
)
def test_every_answer_becomes_one_message_that_says_what_to_do(code, status, expected):
    from botocore.stub import Stubber

    with Stubber(s3_client(PLACE)) as stubber:
        stubber.add_client_error("put_object", code, "What the server says.", http_status_code=status)
        with pytest.raises(ArtifactError, match=expected) as caught:
            S3Bucket(PLACE).put_empty("x")
    assert "secret" not in str(caught.value)
    assert "s3://scores/rematch at http://localhost:9000" in str(caught.value)


def test_a_server_that_is_away_or_falls_silent_is_told_in_words():
    from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError
    from s3transfer.exceptions import RetriesExceededError

    url = "http://localhost:9000/scores"
    for away in (
        EndpointConnectionError(endpoint_url=url),
        ReadTimeoutError(endpoint_url=url),
        RetriesExceededError(ReadTimeoutError(endpoint_url=url)),
    ):
        assert "does not answer: " in message_of(away)
        assert "REMATCH_S3_ENDPOINT_URL" in message_of(away)
    assert "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in message_of(NoCredentialsError())


@pytest.mark.usefixtures("new_client")
def test_a_machine_without_credentials_is_told_which_to_set(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(ArtifactError, match=r"cannot be used without credentials.*AWS_ACCESS_KEY_ID"):
        S3Bucket(PLACE).put_empty("x")


@pytest.mark.usefixtures("new_client")
def test_a_machine_without_boto3_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", "s3://scores")
    parts = ("boto3", "botocore", "s3transfer")
    for name in [*parts, *(name for name in sys.modules if name.startswith(tuple(f"{part}." for part in parts)))]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        SettingsError, match=r'boto3 is missing on this machine\. Install it: pip install "rematch\[s3\]"'
    ):
        artifact_store().holds("0" * 64, 1)


def test_a_region_that_can_be_none_is_an_error_of_the_settings():
    with pytest.raises(SettingsError, match="REMATCH_S3_REGION"):
        s3_client(S3Place("scores", region="not a region"))


@pytest.mark.usefixtures("new_client")
@pytest.mark.parametrize("endpoint", ["http://localhost:9000", "https://localhost:9000", None])
def test_what_is_sent_is_signed_with_its_sha_256_so_that_any_server_finds_it_changed_on_the_way(endpoint):
    from botocore.awsrequest import AWSResponse

    sent = []

    def instead_of_the_network(request, **_):
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        sent.append((request.url, request.headers["X-Amz-Content-SHA256"].decode(), body))
        return AWSResponse(request.url, 200, {"ETag": '"x"'}, SimpleNamespace(stream=list))

    client = s3_client(S3Place("scores", "rematch", endpoint))
    client.meta.events.register("before-send.s3", instead_of_the_network)
    client.put_object(Bucket="scores", Key="a", Body=BytesIO(b"whole"))
    client.upload_part(Bucket="scores", Key="a", UploadId="u", PartNumber=1, Body=BytesIO(b"part"))
    assert [body for _, _, body in sent] == [b"whole", b"part"]
    assert all(hashlib.sha256(body).hexdigest() == signed for _, signed, body in sent)
    wanted = f"{endpoint}/scores/a" if endpoint else "https://scores.s3.amazonaws.com/a"
    assert sent[0][0] == wanted


def test_a_client_waits_a_bounded_time_and_tries_a_bounded_number_of_times():
    config = s3_client(PLACE).meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 60)
    assert config.retries["total_max_attempts"] == 4


def test_a_client_is_made_once_in_each_process():
    assert s3_client(PLACE) is s3_client(PLACE)
    assert s3_client(PLACE) is not _client(PLACE.endpoint_url, PLACE.region, -1)
