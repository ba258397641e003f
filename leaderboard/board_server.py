"""The web server of the board: Streamlit's own, with the boards ranked while it starts.

python -m leaderboard.board_server run APP [OPTION ...], as one would call streamlit itself.
"""

import logging
import threading

logger = logging.getLogger(__name__)


def rank_boards() -> None:
    """Rank all boards; what is in the way of that is told by the pages, and may be gone when somebody visits."""
    from leaderboard import data
    from splits.errors import RematchError

    try:
        data.warm_up()
    except RematchError as error:
        logger.warning("The boards could not be ranked before the first visit: %s", error)


def main() -> None:
    """Serve."""
    from streamlit.web.cli import main as streamlit

    threading.Thread(target=rank_boards, name="rank-boards", daemon=True).start()
    streamlit(prog_name="streamlit")


if __name__ == "__main__":
    main()
