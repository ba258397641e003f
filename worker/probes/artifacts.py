"""Whether files can be stored and read again."""

import hashlib
import os
import tempfile
from pathlib import Path

from submissions.artifacts import artifact_store
from submissions.errors import ArtifactError
from worker.probe import Answer, Part, Probe, fail, ok

CONTENT = b"A small file that `rematch doctor` stores to see whether it can.\n"
"""Always the same: it counts as left by a failed hand-in, and is cleared away after a day."""


def _ask() -> Answer:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    store = artifact_store()
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "doctor"
            path.write_bytes(CONTENT)
            store.keep({sha256: path})
            store.open_path(sha256, len(CONTENT))
    except ArtifactError as error:
        return fail(str(error), "A machine that only scores need not write there: for it, that it can read is enough.")
    except OSError as error:
        return fail(
            f"no file can be written to {tempfile.gettempdir()}: {os.strerror(error.errno or 0)}",
            "Check the free space and the permissions of that folder, or name another one: TMPDIR",
        )
    return ok("a small file was stored and read again")


ARTIFACTS = Probe("artifacts", Part.FILES, "files can be stored and read", _ask, needs=("settings",))
