"""The filters of a board in words: what is left out is said above every table."""

from leaderboard.selection import Selection


def filter_words(chosen: Selection) -> list[str]:
    """Return a few words for every filter that is on.

    >>> filter_words(Selection(setting="zero-shot", largest=200, data=("CC", "SBU")))
    ['zero-shot', 'up to 200 M parameters', 'pre-trained on CC or SBU']
    """
    found = [chosen.setting] if chosen.setting else []
    found += [f'search "{chosen.words.strip()}"'] if chosen.words.strip() else []
    found += _size(chosen.smallest, chosen.largest)
    found += [f"pre-trained on {' or '.join(chosen.data)}"] if chosen.data else []
    found += [f"interaction {' or '.join(chosen.interactions)}"] if chosen.interactions else []
    found += [f"evidence {' or '.join(chosen.evidence)}"] if chosen.evidence else []
    return [*found, *(["verified"] if chosen.is_verified else [])]


def _size(smallest: float | None, largest: float | None) -> list[str]:
    if smallest is not None and largest is not None:
        return [f"{smallest:g} to {largest:g} M parameters"]
    if largest is not None:
        return [f"up to {largest:g} M parameters"]
    return [f"from {smallest:g} M parameters"] if smallest is not None else []
