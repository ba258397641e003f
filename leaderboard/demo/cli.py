"""`rematch demo`."""

from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def demo(
    models: Annotated[
        bool, typer.Option("--models", help="Then train a tiny CLIP too, and have it run by name; needs torch.")
    ] = False,
) -> None:
    """Do the main job on two toy datasets: train, hand in, score, and print both boards; no server, no download."""
    if models:
        from leaderboard.demo.models_story import run_models_demo

        run_models_demo()
        return
    from leaderboard.demo.story import run_demo

    run_demo()
