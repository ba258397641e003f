"""`rematch demo`."""

import typer

app = typer.Typer()


@app.command()
def demo() -> None:
    """Do the main job on two toy datasets: train, hand in, score, and print both boards; no server, no download."""
    from leaderboard.demo.story import run_demo

    run_demo()
