"""The training of the demo's model as a program: what is there is not trained again."""

import sys

import torch

from evaluator.toy_clip.checkpoints import checkpoint_path
from worker import train_toy_clip


def test_trains_the_seeds_whose_weights_are_missing_and_says_how_long_it_took(tmp_path, monkeypatch, capsys):
    trained = []

    def write(folder, seed, *, tell):
        # The training itself takes a minute, and is tested with the evaluator.
        trained.append(seed)
        checkpoint_path(folder, seed).write_bytes(b"")

    monkeypatch.setattr(train_toy_clip, "write_checkpoint", write)
    monkeypatch.setattr(train_toy_clip, "is_current", lambda path, seed: path.exists())
    monkeypatch.setattr(train_toy_clip, "THREADS", torch.get_num_threads())
    monkeypatch.setattr(sys, "argv", ["train", str(tmp_path), "--seeds", "1,4"])
    train_toy_clip.main()
    first = capsys.readouterr().out.splitlines()
    assert trained == [1, 4]
    assert [line.split(" in ")[0] for line in first] == ["seed 1: trained", "seed 4: trained"]
    train_toy_clip.main()
    assert trained == [1, 4]
    assert capsys.readouterr().out.count("trained before") == 2
