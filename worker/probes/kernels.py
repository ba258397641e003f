"""Whether the compiled kernels that all scoring rests on work on this processor."""

from worker.child import ChildError, ask_child
from worker.probe import Answer, Part, Probe, fail, ok

PATIENCE_SECONDS = 40.0
"""Long enough to compile them, which the first process of an installation does."""
_CODE = """
import json
import numba
import numpy as np
from evaluator.matrix import count_matrix
from evaluator.passes import thread_count
from evaluator.run import MatrixRun
from splits import load_split

split = load_split("toy-object/test")
judgments = split.judgments("original")
scores = np.zeros((split.n_images, split.n_captions), np.float32)
scores[split.image_of_caption, np.arange(split.n_captions)] = 1.0
counts = count_matrix(MatrixRun(scores), judgments).values()
layers = []
for module, name in (("tbbpool", "tbb"), ("omppool", "omp"), ("workqueue", "workqueue")):
    try:
        __import__(f"numba.np.ufunc.{module}")
    except ImportError:
        continue
    layers.append(name)
print(json.dumps({
    "right": all(not one.above.any() and not one.tied.any() for one in counts),
    "numba": numba.__version__,
    "threads": thread_count(),
    "layers": layers,
}))
"""


def _ask() -> Answer:
    try:
        found = ask_child(_CODE, seconds=PATIENCE_SECONDS)
    except ChildError as error:
        return fail(
            f"nothing can be scored here: {error}",
            "Install Rematch anew with the versions of requirements/core.txt, on this machine; kernels that were"
            " compiled for another processor go away with the folder that NUMBA_CACHE_DIR names.",
        )
    if not found["right"]:
        return fail("a perfect matrix was not ranked perfectly", "Do not score here: this machine computes wrongly.")
    return ok(
        f"a perfect matrix is ranked perfectly; numba {found['numba']}, {found['threads']} threads (threading layers:"
        f" {', '.join(found['layers']) or 'none'}; not used)"
    )


KERNELS = Probe("kernels", Part.MACHINE, "a small matrix is ranked, and rightly", _ask)
