"""The outer edge of the command."""

import re
import sys
from pathlib import Path

import pytest

from leaderboard import cli


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["rematch", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code


def test_an_error_of_the_input_is_one_message_and_exit_code_1(monkeypatch, capsys):
    assert run_main(monkeypatch, "splits", "show", "coco/karpathy-tset") == 1
    answer = capsys.readouterr()
    assert answer.out == ""
    assert answer.err.startswith("error: There is no split named 'coco/karpathy-tset'. Did you mean coco/karpathy-test")


def test_a_fault_of_ours_is_a_neutral_message_with_the_traceback_in_a_file(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("splits.verification.readable_names", lambda: 1 / 0)
    assert run_main(monkeypatch, "splits", "verify") == 70
    answer = capsys.readouterr()
    assert "Traceback" not in answer.err
    kept = Path(re.search(r"in (\S+rematch-fault-\S+\.log)", answer.err)[1])
    assert "ZeroDivisionError" in kept.read_text()
    assert kept.read_text().startswith("rematch splits verify\n")
