"""A worker without a broker whose process can compute nothing any more goes on in a new one."""

import logging
import os
import sys

from evaluator.lost_device import has_lost_device

logger = logging.getLogger(__name__)


def leave_lost_device() -> None:
    """Begin the command of this process anew, in its place, where its device is lost to it."""
    if has_lost_device():
        logger.error("The device is lost to this process: the worker starts anew.")
        logging.shutdown()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # the command of this process
