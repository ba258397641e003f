"""The end of a worker whose starter was killed and could not end it: nobody would ever look after it again."""

import logging
import os
import signal
import threading
import time

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


def end_with(parent: int | None) -> None:
    """Stop this process, as SIGTERM does, once its parent is another than this one; never, where there is none."""
    if parent is None:
        return
    threading.Thread(target=_watch, args=(parent,), name="orphan", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    logger.warning("Process %d, which started this worker, has ended. So it ends too.", parent)
    os.kill(os.getpid(), signal.SIGTERM)
