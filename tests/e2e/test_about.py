"""The page About in a real browser: links to a protocol or a split lead there."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def about_address(tmp_path, board_over):
    with board_over(tmp_path) as address:
        yield f"{address}/about"


def test_a_link_leads_to_its_protocol_and_on_to_its_split(about_address, page):
    page.goto(f"{about_address}#protocol-coco-cxc")
    expect(page.locator("#protocol-coco-cxc")).to_be_in_viewport()
    page.get_by_role("navigation").get_by_role("link", name="coco/karpathy-test-25010").click()
    expect(page.locator("#split-coco-karpathy-test-25010")).to_be_in_viewport()
    digest = page.locator("#split-coco-karpathy-test-25010 + dl code.whole")
    digest.click()
    assert page.evaluate("getSelection().toString()").strip() == digest.inner_text()
