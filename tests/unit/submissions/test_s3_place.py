"""Where an S3-compatible store is: what its settings may say, and that no refusal repeats what could be a secret."""

import pytest

from submissions.artifacts import artifact_store
from submissions.errors import SettingsError
from submissions.s3_place import S3Place, parse_s3_place
from submissions.settings import get_settings


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("s3://scores", "scores", ""),
        ("s3://scores/", "scores", ""),
        ("s3://scores/rematch", "scores", "rematch"),
        ("s3://my.scores-2/lab_1/rematch/", "my.scores-2", "lab_1/rematch"),
        ("S3://scores/a", "scores", "a"),
    ],
)
def test_a_url_names_a_bucket_and_a_prefix(monkeypatch, url, bucket, prefix):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", url)
    assert get_settings().artifacts == S3Place(bucket, prefix)


def test_the_server_and_the_region_come_from_settings_of_their_own(monkeypatch, tmp_path):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", "s3://scores/rematch")
    monkeypatch.setenv("REMATCH_S3_ENDPOINT_URL", "http://localhost:9000")
    monkeypatch.setenv("REMATCH_S3_REGION", "eu-central-1")
    monkeypatch.setenv("REMATCH_ARTIFACT_CACHE_MB", "5")
    store = artifact_store()
    assert store.place == S3Place("scores", "rematch", "http://localhost:9000", "eu-central-1")
    assert str(store.place) == "s3://scores/rematch at http://localhost:9000"
    assert (store.cache.folder, store.cache.most_bytes) == (tmp_path / "var" / "cache" / "artifacts", 5 * 2**20)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("s3://AKIAGEHEIM:geheim@scores/x", "holds credentials. Take them out"),
        ("s3://geheim@scores/x", "holds credentials"),
        ("s3://AKIAGEHEIM:geheim/scores", "names a bucket that can be none"),
        ("s3://scores/x?secret=geheim", "has something after a question mark"),
        ("s3://scores/x#geheim", "has something after a question mark or a hash sign"),
        ("s3:///geheim", "names no bucket"),
        ("s3:geheim", "names no bucket"),
        ("s3://", "names no bucket"),
        ("s3://ab/geheim", "3 to 63"),
        ("s3://scores/geheim/../x", "has a prefix that cannot be used"),
        ("s3://scores/geheim//x", "has a prefix that cannot be used"),
        ("s3://scores/geh eim", "has a prefix that cannot be used"),
        ("s3://scores/" + "geheim" * 100, "has a prefix that cannot be used"),
        ("s3://[geheim/x", "is no address"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_it(url, problem):
    with pytest.raises(SettingsError) as caught:
        parse_s3_place(url)
    assert problem in str(caught.value)
    assert "REMATCH_ARTIFACTS_URL" in str(caught.value)
    assert "expected s3://BUCKET or s3://BUCKET/PREFIX" in str(caught.value)
    assert "geh" not in str(caught.value).lower()


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("http://ada:geheim@localhost:9000", "holds credentials"),
        ("localhost:9000", "is no address of a web server"),
        ("ftp://geheim", "is no address of a web server"),
        ("http://", "is no address of a web server"),
        ("http://localhost:geheim", "is no address"),
        ("http://localhost:0", "is no address of a web server"),
        ("http://localhost:9000/?key=geheim", "has something after a question mark"),
    ],
)
def test_a_server_that_cannot_be_one_is_refused_without_showing_it(endpoint, problem):
    with pytest.raises(SettingsError) as caught:
        parse_s3_place("s3://scores", endpoint_url=endpoint)
    assert f"REMATCH_S3_ENDPOINT_URL {problem}" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["", "rematch", "a/b"])
def test_all_names_are_below_the_prefix(prefix):
    place = S3Place("scores", prefix)
    assert place.key("ab", "abc").startswith(place.folder())
    assert place.folder(".unsettled") == f"{place.folder()}.unsettled/"
    assert "//" not in place.key("ab", "abc")
    assert not place.folder().startswith("/")
