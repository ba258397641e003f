"""Which Python and libraries there are, and whether all that are needed are installed."""

import platform
import re
import sys
from importlib import metadata

from evaluator import __version__
from evaluator.library_versions import library_versions
from worker.probe import Answer, Part, Probe, fail, ok

OLDEST = (3, 11)
SHOWN = ("numpy", "numba", "pandas", "SQLAlchemy", "psycopg", "celery", "redis", "streamlit", "torch",
         "open_clip_torch", "transformers", "boto3")  # fmt: skip
"""Of which the versions are shown where they are installed; the last of them are extras."""


def _python() -> Answer:
    found = f"Rematch {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST:
        return fail(found, f"Install Python {'.'.join(map(str, OLDEST))} or newer.")
    return ok(found)


def _libraries() -> Answer:
    # Those of the extras carry a condition.
    stated = [one for one in metadata.requires("rematch") or [] if "extra ==" not in one]
    needed = [found[0] for one in stated if (found := re.match(r"[\w.-]+", one))]
    missing = sorted(set(needed) - library_versions(needed).keys())
    if missing:
        return fail(f"{', '.join(missing)} not installed", f"Install what is missing: pip install {' '.join(missing)}")
    return ok(", ".join(f"{name} {version}" for name, version in library_versions(SHOWN).items()))


PYTHON = Probe("python", Part.MACHINE, f"Python {'.'.join(map(str, OLDEST))} or newer", _python)
LIBRARIES = Probe("libraries", Part.MACHINE, "all that Rematch needs is installed", _libraries)
