"""From a file on somebody's machine to a number in a browser, through every part of the stack."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e_compose.stack import LASTING, ONCE


def test_everything_is_up_and_healthy(stack):
    assert {service: stack.health(service) for service in LASTING} == dict.fromkeys(LASTING, "healthy")
    ends = {service: stack.facts(service)["State"] for service in ONCE}
    assert {service: (end["Status"], end["ExitCode"]) for service, end in ends.items()} == dict.fromkeys(
        ONCE, ("exited", 0)
    )


def test_a_submission_over_http_is_scored_and_the_board_shows_the_number_of_the_api(
    stack, client, hand_in, ended, page
):
    submission = hand_in("First of all", n_runs=1)
    assert ended(submission)["status"] == "succeeded"
    results = list(client.results(submission=submission, metric="R@1"))
    measured = {one["direction"]: one["expected"] for one in results if one["submission"] == submission}
    assert set(measured) == {"i2t", "t2i"}

    page.goto(f"{stack.board}/?tab=Scene")
    row = page.locator("table.board:not(.overview) tbody tr", has=page.get_by_role("link", name="First of all"))
    expect(row).to_be_visible()
    shown = [re.match(r"[\d.]+", text)[0] for text in row.locator("td").all_inner_texts()[2:]]
    for value in measured.values():
        assert f"{100 * value:.1f}" in shown


def test_a_private_submission_is_scored_and_not_shown(stack, client, ended, tmp_path, page):
    from tests.submission_files import write_submission

    path = write_submission(tmp_path / "private", system="Secretly good", n_runs=1)
    submission = client.submit(path, private=True)["submission"]
    assert ended(submission)["status"] == "succeeded"
    page.goto(f"{stack.board}/?tab=Scene")
    expect(page.locator("table.board").first).to_be_visible()
    assert page.get_by_text("Secretly good").count() == 0


def test_the_command_inside_a_container_hands_in_as_well(stack):
    example = "/opt/rematch/lib/python3.11/site-packages/submissions/examples/own-split/submission.yaml"
    done = stack.inside("api", "rematch", "submit", example)
    assert re.search(r"Noisy identity by Rematch examples: succeeded", done.stdout)


@pytest.mark.parametrize("service", ["api", "worker-scores"])
def test_no_kernel_is_compiled_where_the_image_was_built(stack, service):
    example = "/opt/rematch/lib/python3.11/site-packages/submissions/examples/own-split"
    script = f"NUMBA_DEBUG_CACHE=1 rematch score {example}/scores_seed0.npy --split {example}/my_split.json"
    done = stack.inside(service, "sh", "-c", script)
    assert "[cache] data loaded" in done.stdout
    assert "[cache] data saved" not in done.stdout
