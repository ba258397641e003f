"""The log of an evaluation stays small, and the newest lines win."""

from submissions.log_tail import LONGEST_LINE, MOST_BYTES, MOST_LINES, extended, stamped


def test_the_newest_lines_of_all_attempts_are_kept():
    tail = extended("\n".join(f"old {n}" for n in range(MOST_LINES)), [f"new {n}" for n in range(10)])
    lines = tail.splitlines()
    assert len(lines) == MOST_LINES
    assert (lines[0], lines[-11], lines[-1]) == ("old 10", f"old {MOST_LINES - 1}", "new 9")


def test_a_log_never_takes_more_room_than_it_may():
    tail = extended(None, ["é" * LONGEST_LINE for _ in range(MOST_LINES)])
    assert MOST_BYTES - 2 * LONGEST_LINE - 1 <= len(tail.encode()) <= MOST_BYTES


def test_a_line_says_when_and_in_which_attempt_and_steers_no_terminal():
    line = stamped("Runs my\x1b[31m model\nTraceback (most recent call last)", 2)
    assert line.endswith(" UTC, attempt 2: Runs my\\x1b[31m model")
    assert len(stamped("x" * 5000, 1)) < LONGEST_LINE + 50
