"""The demo from start to end: render, train, hand in, score, show."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from leaderboard.demo.broken import BROKEN, Scored
from leaderboard.demo.handing_in import SUBMITTER, hand_in, refusal, write_broken, write_system
from leaderboard.demo.screen import board_lines, heading, indented
from leaderboard.demo.systems import SEEDS, SYSTEMS, as_lists
from leaderboard.demo.toy_data import ToyData, load_toy_data, train_and_run
from splits.errors import RematchError

if TYPE_CHECKING:
    from submissions.tables import Status

DATASETS = ("toy-scene", "toy-object")


def run_demo(folder: Path | None = None) -> None:
    """Do the main job on the toy datasets and print what came of it.

    Submissions go into the configured database, so that `rematch serve` shows them afterwards. Running it again
    recognises what was handed in before.

    Args:
        folder: Where the score files and manifests are written; `demo` under the configured home if omitted.
    """
    from submissions.database import prepare
    from submissions.settings import get_settings

    started = time.monotonic()
    folder = folder or get_settings().home / "demo"
    prepare()
    print(heading("1. Two toy datasets, rendered here"))
    datasets = [load_toy_data(name) for name in DATASETS]
    for data in datasets:
        _print_dataset(data)
    print(heading(f"2. {len(SYSTEMS)} systems, {len(SEEDS)} seeds each, handed in as users do"))
    submission_ids = _hand_in_systems(folder, datasets)
    print(heading("3. Scored by the local worker"))
    score(submission_ids)
    for number, data in enumerate(datasets, start=4):
        print_board(data, number)
    print(heading(f"6. {len(BROKEN)} broken submissions: none was stored, and this is what each was told"))
    _print_refusals(folder / "broken", datasets)
    print(heading("7. Look at it"))
    _print_next_steps(folder)
    print(f"\nDone in {time.monotonic() - started:.0f} seconds.")


def _print_next_steps(folder: Path) -> None:
    from submissions.database import safe_url

    one_file = folder / SYSTEMS[0].slug / f"toy-scene-seed{SEEDS[0]}{SYSTEMS[0].suffix}"
    print(f"Files and manifests are in {folder}, records in {safe_url()}.")
    print("The board in a browser:   make serve (or: rematch serve), then http://localhost:8501")
    print("A board with all columns: rematch results --protocol toy-scene")
    print(f"A file scored at home:    rematch score {one_file} --protocol toy-scene")
    print("What papers report:       rematch audit, then one of them whole: rematch audit --source rao2022")


def _print_dataset(data: ToyData) -> None:
    split = data.split
    n_second = len(split.pairs) - split.n_captions
    print(
        f"{split.name}: {split.centricity.value}-centric, {split.n_images} images, {split.n_captions:,} captions,"
        f" {n_second} of which fit a second image; {split.digest[:19]}..."
    )


def _hand_in_systems(folder: Path, datasets: Sequence[ToyData]) -> list[UUID]:
    submission_ids = []
    for system in SYSTEMS:
        handed_in = hand_in(write_system(folder / system.slug, system, datasets))
        state = "submission" if handed_in.is_new else "handed in before, as"
        print(f"{system.name:<31} {system.kept_as:<38} {state} {handed_in.submission_id}")
        if handed_in.remarks:
            more = f" (and {len(handed_in.remarks) - 1} more)" if len(handed_in.remarks) > 1 else ""
            print(indented(f"{handed_in.remarks[0]}{more}"))
        submission_ids.append(handed_in.submission_id)
    return submission_ids


def score(submission_ids: Sequence[UUID]) -> None:
    """Have a local worker run what waits of some submissions.

    Raises:
        RematchError: Not every evaluation succeeded.
    """
    from submissions.tables import Status
    from worker.following import follow, read
    from worker.spawned import spawn

    started = time.monotonic()
    n_waiting = sum(read(submission_id).n_unfinished for submission_id in submission_ids)
    if n_waiting:
        # Also where a broker is set: whether somebody works on it is not known.
        process = spawn()
        for submission_id in submission_ids:
            follow(submission_id, process, say=_say_nothing)
    found = _count_states(submission_ids)
    if found.total() != found[Status.SUCCEEDED]:
        told = ", ".join(f"{number} {state.value}" for state, number in sorted(found.items()))
        raise RematchError(f"Not every evaluation of the demo came to a good end: {told}. To see why: rematch status")
    if n_waiting:
        print(f"{n_waiting} evaluations in {time.monotonic() - started:.1f} seconds.")
    else:
        print("Nothing is waiting: what was handed in before is on the boards already.")


def _count_states(submission_ids: Sequence[UUID]) -> "Counter[Status]":
    from submissions.database import session
    from submissions.status import count_states

    with session() as opened:
        return count_states(opened, submission_ids)


def _say_nothing(_text: str) -> None:
    """The demo counts all submissions together."""


def print_board(data: ToyData, number: int) -> None:
    """Print the board of one dataset, as part so many of the demo."""
    from leaderboard.standings import standings
    from submissions.database import session

    with session() as opened:
        table = standings(opened, data.dataset)
    own = table[table["submitter"] == SUBMITTER]
    others = len(table) - len(own)
    print(heading(f"{number}. {data.split.centricity.value.capitalize()} board: {data.dataset}"))
    print("Percent; mean ± sample standard deviation over seeds; intervals over images; a shared rank is a tie.\n")
    print("\n".join(board_lines(table)))
    if others:
        print(f"({others} of them handed in by others than {SUBMITTER!r}.)")


def _print_refusals(folder: Path, datasets: Sequence[ToyData]) -> None:
    from evaluator.models.cca.training import CcaOptions

    scored = {}
    for data in datasets:
        embeddings = train_and_run(data, SEEDS[0], CcaOptions())
        scored[data.dataset] = Scored(data, embeddings, as_lists(embeddings))
    for broken in BROKEN:
        print(f"{broken.name} ({broken.dataset})")
        print(indented(refusal(write_broken(folder / broken.slug, broken, scored[broken.dataset]))))
