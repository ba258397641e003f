"""All captions, where the protocol draws one for each image."""

from collections.abc import Iterator

from evaluator.audit.alternative import Alternative, Form
from evaluator.audit.case import Case
from splits.split import CaptionPolicy


def _forms(case: Case) -> Iterator[Form]:
    if case.protocol.captions is CaptionPolicy.ONE:
        yield Form(case.under(captions=CaptionPolicy.ALL))


ALL_CAPTIONS = Alternative("all-captions", "all captions of an image instead of one", _forms)
