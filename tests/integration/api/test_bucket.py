"""The API with its files in an object store: what is uploaded lies in the bucket, and a worker elsewhere scores it."""

import httpx

from submissions.artifacts import artifact_store
from submissions.client import Client
from submissions.settings import get_settings
from tests.integration.api.conftest import bearer, make_token


def test_an_upload_goes_to_the_bucket_and_is_scored_on_another_machine(
    postgres_url, redis_url, s3_bucket, monkeypatch, serve, celery_worker, make_submission, tmp_path
):
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    monkeypatch.setenv("REMATCH_DATABASE_URL", postgres_url)
    monkeypatch.setenv("REMATCH_BROKER_URL", redis_url)
    token, manifest = make_token("alice"), make_submission(submitter="alice", n_runs=1)
    elsewhere = f"import os\nos.environ['REMATCH_HOME'] = {str(tmp_path / 'elsewhere')!r}"
    with serve() as (_, url), celery_worker(elsewhere), Client(url, token) as board:
        found = board.wait(board.submit(manifest)["submission"], seconds=120)
        assert found["status"] == "succeeded", found
        content = (manifest.parent / "scores_seed0.npy").read_bytes()
        sha256 = board.upload(manifest.parent / "scores_seed0.npy")
        assert artifact_store().holds(sha256, len(content))
        back = httpx.get(f"{url}/api/v1/artifacts/{sha256}/content", headers=bearer(token))
        assert (back.content, back.headers["Content-Length"]) == (content, str(len(content)))
    # Nothing but the cache is left on the machine of the API.
    home = get_settings().home
    assert not (home / "artifacts").exists()
    assert not list((home / "uploads").glob("*"))
