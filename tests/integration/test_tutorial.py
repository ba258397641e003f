"""The tutorial can be followed as it stands: its commands are run in an empty folder, through a real local worker."""

import os
import re
import subprocess
import sys
from pathlib import Path

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "first-submission.md"


def test_the_tutorial_works_as_it_stands(tmp_path):
    script = "\n".join(re.findall(r"^```bash\n(.*?)^```", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REMATCH_")}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "toy-scene-test-003" in done.stderr
    board = done.stdout.rpartition("refused, exit code 1")[2]
    assert re.search(r"^ *1 +Noisy copies +me +zero-shot +3 ", board, re.MULTILINE), board
