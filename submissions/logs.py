"""How every process of this project logs: as text, or as JSON lines for whoever collects them.

Each line carries the ids of the work it belongs to, whichever module wrote it.
"""

import json
import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType

from submissions.settings import LogFormat, get_settings

_ids: ContextVar[Mapping[str, str | int]] = ContextVar("ids", default=MappingProxyType({}))
logger = logging.getLogger(__name__)


def set_up_logs(handler: logging.Handler | None = None) -> None:
    """Log from INFO on, to stderr or to a handler, in the form that `REMATCH_LOG_FORMAT` names.

    Warnings and what ends the process or a thread are logged too, so that no line is of another form. Does nothing
    where logging is set up already.
    """
    as_json = get_settings().log_format is LogFormat.JSON
    if logging.getLogger().handlers:
        return
    handler = handler or logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _TextLines())
    handler.addFilter(_with_ids)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(capture=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if as_json:
        sys.excepthook = _log_the_end
        threading.excepthook = _log_the_end_of_a_thread
        sys.unraisablehook = _log_the_unraisable


@contextmanager
def bound(**ids: str | int) -> Iterator[None]:
    """Give every line that is logged inside these ids: submission, evaluation, attempt, worker, request.

    A thread begins without any: run it in `contextvars.copy_context()`.
    """
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **_ids_of(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class _TextLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the library's name
        ids = " ".join(f"{name}={value}" for name, value in _ids_of(record).items())
        return super().formatMessage(record) + (f" [{ids}]" if ids else "")


def _with_ids(record: logging.LogRecord) -> bool:
    # Taken here, in the thread that logs: a formatter may be called elsewhere.
    record.__dict__["ids"] = _ids.get()
    return True


def _ids_of(record: logging.LogRecord) -> Mapping[str, str | int]:
    ids: Mapping[str, str | int] = getattr(record, "ids", {})
    return ids


def _log_the_end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    logger.critical("The process ends with an error.", exc_info=(kind, error, traceback))


def _log_the_unraisable(ignored: "sys.UnraisableHookArgs") -> None:
    if ignored.exc_value is not None:
        error = (ignored.exc_type, ignored.exc_value, ignored.exc_traceback)
        logger.error("An error was ignored, as nobody could be told of it.", exc_info=error)


def _log_the_end_of_a_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        error = (ended.exc_type, ended.exc_value, ended.exc_traceback)
        logger.critical("A thread ended with an error.", exc_info=error)
