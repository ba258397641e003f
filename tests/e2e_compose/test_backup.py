"""A dump of the running stack, brought back into an empty one, shows the same."""

import tempfile
from pathlib import Path

from submissions.client import Client
from tests.e2e_compose.stack import ROOT, Stack


def results_of(stack):
    with Client(stack.api) as client:
        found = [dict(one) for one in client.results()]
    return sorted(found, key=lambda one: (one["evaluation"], one["metric"], one["direction"]))


def test_a_dump_goes_back_into_an_empty_stack(stack, hand_in, ended, tmp_path):
    assert ended(hand_in("Worth keeping"))["status"] == "succeeded"
    stack.save(tmp_path / "board.tar", "api", "rematch", "dump", "-")
    expected = results_of(stack)
    assert expected
    with tempfile.TemporaryDirectory() as folder:
        empty = Stack("rematch-e2e-restored", Path(folder))
        try:
            with (tmp_path / "board.tar").open("rb") as dump:
                empty.feed(dump, "operator", "sh", "-c", 'cat >"$TMPDIR/dump" && rematch restore "$TMPDIR/dump"')
            empty.up()
            assert results_of(empty) == expected
            assert ", 0 FAIL," in empty.inside("api", "rematch", "doctor").stdout
        finally:
            empty.down()


def test_the_page_on_the_stack_says_how():
    page = (ROOT / "docs" / "how-to" / "run-the-stack.md").read_text()
    assert "docker compose exec -T api rematch dump -" in page
    assert """operator sh -c 'cat >"$TMPDIR/dump" && rematch restore "$TMPDIR/dump"'""" in page
