"""Opens pages of the board without a browser."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

LEADERBOARD = Path(__file__).resolve().parents[3] / "leaderboard"


def opened(path: Path, **parameters: str) -> AppTest:
    """Run a page once, with an address that has these parameters."""
    app = AppTest.from_file(str(path), default_timeout=120)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def words_of(app: AppTest) -> str:
    """Return all HTML that a page drew."""
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def shown(path: Path, **parameters: str) -> tuple[AppTest, str]:
    """Run a page that must not fail; gives it with all HTML that it drew."""
    app = opened(path, **parameters)
    assert not app.exception
    return app, words_of(app)
