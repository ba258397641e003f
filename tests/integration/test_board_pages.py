"""All pages over PostgreSQL: only to be read, of another version, in the midst of a migration, and down."""

import threading

import psycopg
import pytest
from streamlit.testing.v1 import AppTest

from submissions import database
from tests.servers import PostgresServer, own_postgres
from tests.unit.leaderboard.app_pages import LEADERBOARD, show_database, words_of
from tests.unit.leaderboard.compared import add_scored

SECONDS = 120
PAGES = sorted(path.stem for path in (LEADERBOARD / "views").glob("[a-z]*.py"))
READ = {"board", "scene_object", "compare", "seeds", "drivers", "audit", "queue"}
"""Pages that show what is in the records, whatever the address says."""


@pytest.fixture
def use(monkeypatch):
    """Let the board be over a database, as a process that was just started would find it."""

    yield lambda url: show_database(url, monkeypatch)
    database.forget_connections()


@pytest.fixture
def filled(postgres_url, use) -> str:
    use(postgres_url)
    add_scored("CCA", 4.0, (1, 2))
    add_scored("VSE", 3.0, (3,))
    return postgres_url


def words_on(name: str) -> str:
    app = AppTest.from_file(str(LEADERBOARD / "app.py"), default_timeout=SECONDS).run()
    if name != "board":
        app.switch_page(f"views/{name}.py").run()
    assert not app.exception
    return words_of(app)


@pytest.mark.parametrize("name", PAGES)
def test_a_database_that_is_only_read_is_enough_for_every_page(filled, use, name):
    use(f"{filled}?options=-c%20default_transaction_read_only%3Don")
    page = words_on(name)
    assert 'role="alert"' not in page
    if name in {"board", "compare", "seeds"}:
        assert "CCA" in page


@pytest.mark.parametrize("name", sorted(READ))
def test_no_page_waits_for_a_migration_and_each_says_that_there_is_one(filled, name):
    with psycopg.connect(filled) as migrating:
        migrating.execute("SELECT pg_advisory_xact_lock(%s)", [database.ADVISORY_LOCK])
        migrating.execute("LOCK TABLE submission, evaluation, result IN ACCESS EXCLUSIVE MODE")
        page = words_on(name)
        migrating.rollback()
    assert "is being migrated. Try again in a minute." in page
    assert "is being migrated" not in words_on(name)


def test_a_migration_waits_for_no_reader(filled):
    """Readers hold their share of the lock for a moment only."""
    words_on("board")
    done = threading.Event()

    def migrate() -> None:
        database.migrate()
        done.set()

    thread = threading.Thread(target=migrate, daemon=True)
    thread.start()
    thread.join(60)
    assert done.is_set()


@pytest.mark.parametrize("name", sorted(READ))
def test_tables_of_another_version_are_not_read(filled, name):
    with psycopg.connect(filled) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    assert "is not of this version" in words_on(name)


@pytest.fixture(scope="module")
def frail() -> PostgresServer:
    """A server that may be stopped."""
    with own_postgres() as server:
        yield server


def test_every_page_says_that_the_database_is_down_and_works_again_after(frail, use):
    use(f"{frail.url}/postgres")
    database.migrate()
    add_scored("CCA", 4.0, (1, 2))
    assert "CCA" in words_on("board")
    frail.stop()
    try:
        down = {name: words_on(name) for name in PAGES}
    finally:
        frail.start()
    assert {name for name, page in down.items() if "cannot be reached" in page} == READ
    assert "CCA" in words_on("board")
