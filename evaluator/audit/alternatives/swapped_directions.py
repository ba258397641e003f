"""The two directions under each other's name, as in papers that call image-to-text "image retrieval"."""

from collections.abc import Iterator

from evaluator.audit.alternative import Alternative, Form, swapped
from evaluator.audit.case import Case


def _forms(case: Case) -> Iterator[Form]:
    yield Form(swapped(case.own))


SWAPPED_DIRECTIONS = Alternative("swapped-directions", "the two directions under each other's name", _forms)
