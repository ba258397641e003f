"""Tokens of boards are kept where only their owner reads them."""

import stat

import pytest

from submissions import credentials
from submissions.credentials import CredentialsError, checked_server, is_in_the_clear, keep_token, token_for


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_a_token_is_kept_for_its_board_alone_and_readable_by_its_owner_alone():
    path = keep_token("https://one.test", "rematch_1")
    keep_token("https://two.test", "rematch_2")
    assert (token_for("https://one.test"), token_for("https://two.test")) == ("rematch_1", "rematch_2")
    assert token_for("https://three.test") is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_environment_goes_before_the_file(monkeypatch):
    keep_token("https://one.test", "rematch_1")
    monkeypatch.setenv("REMATCH_TOKEN", "rematch_env")
    assert token_for("https://one.test") == "rematch_env"


def test_a_token_can_be_forgotten():
    keep_token("https://one.test", "rematch_1")
    assert credentials.forget_token("https://one.test")
    assert not credentials.forget_token("https://one.test")
    assert token_for("https://one.test") is None


@pytest.mark.parametrize(("text", "kept"), [
    ("https://one.test/", "https://one.test"),
    (" http://localhost:8000/api/v1 ", "http://localhost:8000"),
    ("https://one.test/board", "https://one.test/board"),
])  # fmt: skip
def test_an_address_is_kept_in_one_form(text, kept):
    assert checked_server(text) == kept


@pytest.mark.parametrize("text", ["", "one.test", "ftp://one.test", "https://", "https://me:pw@one.test",
                                  "https://one.test?token=x", "http://one.test:port", "http://[::1"])  # fmt: skip
def test_what_is_no_address_is_refused(text):
    with pytest.raises(CredentialsError, match="is no address of a board"):
        checked_server(text)


def test_only_plain_http_to_elsewhere_is_in_the_clear():
    assert is_in_the_clear("http://one.test")
    assert not is_in_the_clear("https://one.test")
    assert not is_in_the_clear("http://127.0.0.1:8000")


@pytest.mark.parametrize("content", ["{", "[]", '{"https://one.test": 3}'])
def test_a_damaged_file_is_named(content):
    path = keep_token("https://one.test", "rematch_1")
    path.write_text(content)
    with pytest.raises(CredentialsError, match="Delete it, then log in again"):
        token_for("https://one.test")
