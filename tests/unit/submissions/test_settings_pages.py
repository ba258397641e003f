"""Every setting is in the two places where people look for it."""

from pathlib import Path

import pytest

from submissions.api_settings import ApiSettings
from submissions.settings import Settings as SubmissionSettings
from worker.settings import Settings as WorkerSettings

ROOT = Path(__file__).parents[3]
SETTINGS = (SubmissionSettings, ApiSettings, WorkerSettings)
FIELDS = sorted(name for settings in SETTINGS for name in settings.model_fields)


@pytest.mark.parametrize("name", FIELDS)
def test_a_setting_is_documented(name):
    variable = f"REMATCH_{name.upper()}"
    assert f"`{variable}`" in (ROOT / "docs" / "reference" / "settings.md").read_text()
    assert f"#{variable}=" in (ROOT / ".env.example").read_text()


@pytest.mark.parametrize(("name", "default"), [
    (name, field.default)
    for settings in SETTINGS
    for name, field in settings.model_fields.items()
    if field.default is not None
])  # fmt: skip
def test_the_stated_default_is_the_default(name, default):
    variable = f"REMATCH_{name.upper()}"
    shown = f"{default:g}" if isinstance(default, float) else str(default)
    assert f"#{variable}={shown}\n" in (ROOT / ".env.example").read_text()
    row = next(
        line for line in (ROOT / "docs/reference/settings.md").read_text().splitlines() if f"`{variable}`" in line
    )
    assert f"| `{shown}` |" in row
