"""Claims on both databases, with several importers at once."""

import threading

import pytest
from sqlmodel import select

from submissions.audit_tables import ClaimSource, StoredClaim
from submissions.claim_query import claims_of, listed_sources
from submissions.claim_store import add_source, sync_shipped
from submissions.claims_file import read_claims
from submissions.database import session
from submissions.shipped_claims import read_shipped

TEXT = "# source: mine\n# scale: percent\nsystem,direction,metric,value\nA,i2t,R@1,72.50\n"


@pytest.fixture
def sourced(tmp_path):
    def read(value="72.50"):
        path = tmp_path / f"{value}.csv"
        path.write_text(TEXT.replace("72.50", value))
        return read_claims(path)

    return read


def at_once(works):
    """Begin some pieces of work together, and return what came of each."""
    outcomes, barrier = [], threading.Barrier(len(works))

    def begin(work):
        barrier.wait()
        outcomes.append(work())

    threads = [threading.Thread(target=begin, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == len(works)
    return outcomes


def added(sourced):
    with session() as opened:
        record, is_new = add_source(opened, sourced)
        return record.version, is_new


def test_what_is_stored_is_what_was_read(backend):
    with session() as opened:
        sync_shipped(opened)
    with session() as opened:
        for shipped in read_shipped():
            found = claims_of(opened, shipped.source.name)
            assert (found.source, found.claims.claims) == (shipped.source, shipped.claims.claims)
            assert found.digest == shipped.digest


def test_of_eight_imports_of_the_same_one_is_stored(backend, sourced):
    mine = sourced()
    assert sorted(at_once([lambda: added(mine)] * 8)) == [(1, False)] * 7 + [(1, True)]
    with session() as opened:
        assert len(opened.exec(select(StoredClaim)).all()) == 1


def test_imports_of_different_files_of_a_source_at_once_are_versions_of_it(backend, sourced):
    works = [lambda one=sourced(f"7{digit}.5"): added(one) for digit in range(6)]
    assert sorted(at_once(works)) == [(version, True) for version in range(1, 7)]
    with session() as opened:
        [listed] = listed_sources(opened)
    assert listed.record.version == 6
    assert dict(listed.kinds) == {"reported": 1}


def test_several_processes_may_sync_what_comes_with_the_project(backend):
    def sync():
        with session() as opened:
            sync_shipped(opened)

    at_once([sync] * 4)
    with session() as opened:
        names = [source.name for source in opened.exec(select(ClaimSource))]
    assert sorted(names) == sorted(shipped.source.name for shipped in read_shipped())
