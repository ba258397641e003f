"""What the API clears away by itself: uploads that nobody goes on with, and answers that nobody asks for again.

It is the API's own work, as the parts of uploads lie on its disk and on no other.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from splits.errors import RematchError
from submissions.database import session
from submissions.idempotency import forget_old_answers
from submissions.leftovers import DAY
from submissions.uploads import clear_abandoned

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1800.0


def tidy() -> None:
    """Clear away what is of no use any more; what goes wrong is logged, and tried again later."""
    try:
        with session() as opened:
            n_cleared = clear_abandoned(opened, older_seconds=DAY)
            forget_old_answers(opened)
    except (RematchError, SQLAlchemyError, OSError):
        logger.warning("Abandoned uploads could not be cleared away.", exc_info=True)
    else:
        if n_cleared:
            logger.info("%d abandoned uploads were cleared away.", n_cleared)


@asynccontextmanager
async def tidying() -> AsyncIterator[None]:
    """Tidy now and then until the block ends."""
    task = asyncio.create_task(_tidy_again_and_again())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _tidy_again_and_again() -> None:
    while True:
        # First a while, so that a server that is started again and again does other things.
        await asyncio.sleep(EVERY_SECONDS)
        await run_in_threadpool(tidy)
