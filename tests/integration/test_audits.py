"""Audits on both databases: however many make the same at once, it is kept once."""

from concurrent.futures import ThreadPoolExecutor

from sqlmodel import select

from submissions import database
from submissions.audit_tables import Audit
from submissions.audits import audit


def test_the_same_audit_by_many_at_once_is_kept_once(backend):
    def make(_):
        [one] = audit(["rao2022"])
        return one.id, one.is_new

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(make, range(6)))
    assert len({audit_id for audit_id, _ in found}) == 1
    assert sum(is_new for _, is_new in found) == 1
    with database.session() as opened:
        [kept] = opened.exec(select(Audit)).all()
        assert kept.document["subject"] == "rao2022"
