"""Files of weights: read as data, never run, and refused with one message when they are not what was named."""

import contextlib
import hashlib
import os
import pickle
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import safetensors.torch as safetensors_torch
import torch
from huggingface_hub import constants

from evaluator.model import MissingHereError, ModelError
from evaluator.weights.files import file_digest
from evaluator.weights.hub import hub_file, hub_revision, hub_snapshot, local_path, weights_folder
from evaluator.weights.reading import read_weights
from evaluator.weights.shapes import check_shapes

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2, dtype=torch.float16)}


def _same(found, expected=STATE):
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in expected)


def _save(path, content, **how):
    torch.save(content, path, **how)
    return path


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".bin"])
def test_safetensors_are_told_from_torch_files_by_content(tmp_path, suffix):
    saved = tmp_path / f"new{suffix}"
    safetensors_torch.save_file(STATE, saved)
    state, digest = read_weights(saved)
    _same(state)
    assert digest == hashlib.sha256(saved.read_bytes()).hexdigest()


@pytest.mark.parametrize("zipped", [True, False])
def test_files_of_torch_are_read_in_both_of_its_formats(tmp_path, zipped):
    saved = _save(tmp_path / "weights.th", STATE, _use_new_zipfile_serialization=zipped)
    _same(read_weights(saved)[0])


def test_weights_are_found_under_the_keys_of_training_scripts(tmp_path):
    training = {"optimizer": {"lr": 1}, "epoch": 3}
    _same(read_weights(_save(tmp_path / "one", {"model": STATE, **training}))[0])
    _same(read_weights(_save(tmp_path / "two", {"state_dict": STATE, **training}))[0])
    _same(read_weights(_save(tmp_path / "three", {"ema": STATE, **training}), wrappers=("ema", "model"))[0])


def test_a_file_has_to_have_the_sha_256_that_was_named(tmp_path):
    saved = _save(tmp_path / "weights.pth", STATE)
    digest = file_digest(saved)
    assert read_weights(saved, sha256=f"sha256:{digest.upper()}")[1] == digest
    with pytest.raises(ModelError, match=rf"expected SHA-256 {'0' * 64}, found {digest}\. Obtain the weights again"):
        read_weights(saved, sha256="0" * 64)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(MissingHereError, match=r"found nothing at .*none\.pth\. Put the file there"):
        read_weights(tmp_path / "none.pth")
    with pytest.raises(MissingHereError, match=r"found a folder at"):
        read_weights(tmp_path)


class _Runs:
    """Unpickled, it makes a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("how", ["zip", "legacy"])
def test_code_in_a_pickle_is_never_run(tmp_path, how):
    mark, path = tmp_path / "was-run", tmp_path / "weights.pth"
    hostile = {"model": {"a.weight": torch.ones(1)}, "more": _Runs(mark)}
    _save(path, hostile, _use_new_zipfile_serialization=how == "zip")
    with pytest.raises(ModelError, match=r"holds code or objects beside weights: it asks for \w+\.mkdir; nothing"):
        read_weights(path)
    assert not mark.exists()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("suffix", [".pth", ".bin", ".pkl"])
def test_a_raw_pickle_is_called_one_and_never_read(tmp_path, protocol, suffix):
    mark, path = tmp_path / "was-run", (tmp_path / "weights").with_suffix(suffix)
    path.write_bytes(pickle.dumps({"a.weight": np.zeros(3), "more": _Runs(mark)}, protocol=protocol))
    with pytest.raises(ModelError, match=r"weights\.\w+ is a raw pickle, which can hold any program, and was not read"):
        read_weights(path)
    assert not mark.exists()


def test_the_file_of_that_test_would_run_if_it_were_unpickled(tmp_path):
    pickle.loads(pickle.dumps(_Runs(tmp_path / "was-run"), protocol=2))  # noqa: S301 - our own
    assert (tmp_path / "was-run").is_dir()


def test_a_program_saved_with_its_weights_is_not_run(tmp_path):
    with zipfile.ZipFile(tmp_path / "jit.pt", "w") as archive:
        archive.writestr("jit/constants.pkl", b"\x80\x02].")
        archive.writestr("jit/version", b"3\n")
        archive.writestr("jit/data.pkl", b"\x80\x02].")
    with pytest.raises(ModelError, match="holds a TorchScript program, not only weights; it was not run"):
        read_weights(tmp_path / "jit.pt")


@pytest.mark.parametrize("kept", [0, 1, 7, 100, 150, -1])
@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_a_file_cut_short_is_named_with_its_size(tmp_path, kind, kept):
    whole, cut = tmp_path / "whole", tmp_path / ("cut.safetensors" if kind == "safetensors" else "cut.pth")
    if kind == "safetensors":
        safetensors_torch.save_file(STATE, whole)
    else:
        _save(whole, STATE, _use_new_zipfile_serialization=kind == "zip")
    content = whole.read_bytes()
    assert kept < len(content)
    cut.write_bytes(content[:kept])
    with pytest.raises(ModelError, match=rf"\({len(content[:kept]):,} bytes\) is no readable file of weights: \S"):
        read_weights(cut)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_an_error_of_the_file_whatever_the_damage(tmp_path, seed):
    generator = np.random.default_rng(seed)
    saved = _save(tmp_path / "weights.pth", STATE, _use_new_zipfile_serialization=seed % 2 == 0)
    content = bytearray(saved.read_bytes())
    for _ in range(8):
        content[generator.integers(min(len(content), 600))] = generator.integers(256)
    saved.write_bytes(content)
    # Damage to the numbers themselves cannot be seen without a SHA-256.
    with contextlib.suppress(ModelError):
        assert read_weights(saved)[0]


def test_an_archive_that_could_grow_when_read_is_refused(tmp_path):
    saved = _save(tmp_path / "weights.pth", STATE)
    with zipfile.ZipFile(saved) as stored, zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in stored.namelist():
            bomb.writestr(name, stored.read(name))
    with pytest.raises(ModelError, match="is a compressed archive, which torch does not write"):
        read_weights(tmp_path / "bomb.pth")


def test_an_archive_whose_list_of_files_is_damaged_is_named(tmp_path):
    saved = _save(tmp_path / "weights.pth", STATE)
    content = saved.read_bytes()
    place = content.index(b"PK\x01\x02")
    saved.write_bytes(content[:place] + b"PK\x00\x00" + content[place + 4 :])
    with pytest.raises(ModelError, match="is no readable file of weights: Bad magic number for central directory"):
        read_weights(saved)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([1, 2], "holds a list, expected weights: a mapping of names to tensors"),
        (torch.ones(3), "holds a Tensor, expected weights"),
        ({"epoch": 3}, "holds an int under 'epoch', expected a mapping of names to tensors alone"),
        ({3: torch.ones(1)}, "holds a Tensor under 3, expected"),
        ({"model": {}}, "holds no weights at all"),
    ],
)
def test_what_is_no_state_dict_is_said(tmp_path, content, found):
    with pytest.raises(ModelError, match=found):
        read_weights(_save(tmp_path / "weights.pth", content))


def test_a_tensor_that_claims_to_be_huge_takes_no_memory(tmp_path):
    huge = {"a.weight": torch.zeros(1).expand(1 << 40)}
    state, _ = read_weights(_save(tmp_path / "huge.pth", huge))
    with pytest.raises(ModelError, match=r"1 of another shape: a\.weight \(1099511627776, expected 2 × 3\)"):
        check_shapes({"a.weight": (2, 3)}, state, "huge.pth")


def test_weights_that_do_not_fit_are_named_three_of_each_kind(tmp_path):
    wanted = {f"layer.{number}": (4, 2) for number in range(6)} | {"scale": ()}
    found = {"layer.4": torch.ones(4, 3), "layer.5": torch.ones(4, 2), "more": torch.ones(1), "scale": torch.ones(1)}
    with pytest.raises(ModelError) as raised:
        check_shapes(wanted, found, "weights.pth")
    assert str(raised.value) == (
        "The weights in weights.pth are not those of this network, which has 7; 4 missing: layer.0, layer.1, layer.2,"
        " ...; 1 unexpected: more; 2 of another shape: layer.4 (4 × 3, expected 4 × 2), scale (1, expected a single"
        " number). Use the file of this model and size."
    )
    check_shapes({"layer.5": (4, 2)}, {"layer.5": torch.ones(4, 2)}, "weights.pth")


def test_a_file_without_bytes_to_read_has_no_digest(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        file_digest(tmp_path / "absent")


def test_the_folder_of_weights_is_named_by_a_setting(tmp_path, monkeypatch):
    assert weights_folder() == tmp_path / "var" / "weights"
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "mine"))
    assert weights_folder() == tmp_path / "mine"


def test_a_relative_name_means_a_place_in_the_folder_of_weights_or_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REMATCH_WEIGHTS", "mine")
    assert str(local_path("x.pth", anywhere=True)) == "mine/x.pth"
    (tmp_path / "x.pth").touch()
    assert str(local_path("x.pth", anywhere=True)) == "x.pth"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x.pth").touch()
    assert str(local_path("x.pth", anywhere=True)) == "mine/x.pth"
    assert local_path(tmp_path / "x.pth", anywhere=True) == tmp_path / "x.pth"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert local_path("~/x.pth", anywhere=True) == tmp_path / "x.pth"


def test_a_name_from_elsewhere_is_looked_up_below_the_folder_of_weights_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REMATCH_WEIGHTS", "mine")
    (tmp_path / "x.pth").touch()
    assert str(local_path("x.pth")) == "mine/x.pth"
    assert str(local_path("clip/base")) == "mine/clip/base"


@pytest.mark.parametrize(
    "name",
    ["~/secret", "~root/x.pth", "~", "/etc/passwd", "../x.pth", "a/../../x.pth", "..\\x", "C:x", "\\\\host\\x", ".",
     "./", "", "a\nb", "a\x00b", "link/x.pth", "loop/x.pth", "self"],
)  # fmt: skip
def test_a_name_from_elsewhere_that_leads_out_of_the_folder_of_weights_is_refused(name, tmp_path, monkeypatch):
    folder, outside = tmp_path / "weights", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "x.pth").touch()
    (folder / "link").symlink_to(outside)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "self").symlink_to(folder)
    monkeypatch.setenv("REMATCH_WEIGHTS", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ModelError, match=r"leads out of the folder of weights|can be no path"):
        local_path(name)


def test_a_link_inside_the_folder_of_weights_is_followed(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to("real")
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "alias"))
    assert local_path("link").is_dir()


def test_a_home_that_nobody_has_is_one_message():
    with pytest.raises(ModelError, match="can be no path here"):
        local_path("~nobody-of-that-name/x", anywhere=True)


@pytest.fixture
def _offline(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("_offline")
def test_offline_the_message_says_which_file_and_where_to_put_it(tmp_path):
    with pytest.raises(MissingHereError) as raised:
        hub_file("some/model", "model.safetensors", "abc")
    message = str(raised.value)
    assert message.startswith("Wanted the file model.safetensors of the hub's repository some/model, revision abc;")
    assert "hf download some/model model.safetensors --revision abc --local-dir FOLDER" in message
    assert message.endswith(f"into {tmp_path / 'var' / 'weights' / 'some' / 'model'}.")
    with pytest.raises(MissingHereError, match=r"repository some/model, revision newest; .*hf download some/model --"):
        hub_snapshot("some/model")


class _Answering(BaseHTTPRequestHandler):
    """A hub that gives the same answer to everything."""

    def do_GET(self):
        self.send_response(self.server.status)
        if self.server.code:
            self.send_header("X-Error-Code", self.server.code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self):
        self.do_GET()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def hub(monkeypatch, tmp_path, socket_enabled):
    """A hub of our own on this machine; a test sets what it answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        server.status, server.code = 404, None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, endpoint)
        monkeypatch.setattr(constants, "ENDPOINT", endpoint)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (404, "RepoNotFound", "there is no such repository, or it is private"),
        (401, "RepoNotFound", "there is no such repository, or it is private"),
        (403, "GatedRepo", "only to those who accepted its terms"),
        (404, "RevisionNotFound", "it has no such revision"),
        (404, "EntryNotFound", "it has no such file"),
    ],
)
def test_what_the_hub_refuses_is_for_whoever_named_it(hub, status, code, told):
    hub.status, hub.code = status, code
    calls = [lambda: hub_file("some/model", "config.json", "v1")]
    if code != "EntryNotFound":
        calls.append(lambda: hub_snapshot("some/model", "v1"))
    for call in calls:
        with pytest.raises(ModelError, match=told) as caught:
            call()
        assert not isinstance(caught.value, MissingHereError)
        assert "repository some/model, revision v1;" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_hub_that_says_nothing_of_a_repository_is_waited_for(hub):
    hub.status = 418
    for call in (lambda: hub_file("some/model", "config.json"), lambda: hub_snapshot("some/model")):
        with pytest.raises(MissingHereError, match="neither here nor to be fetched"):
            call()


@pytest.mark.usefixtures("_offline")
def test_a_repository_is_never_a_folder_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some" / "model").mkdir(parents=True)
    (tmp_path / "some" / "model" / "config.json").write_text("{}")
    for call in (lambda: hub_file("some/model", "config.json"), lambda: hub_snapshot("some/model")):
        with pytest.raises(MissingHereError):
            call()


@pytest.mark.usefixtures("_offline")
def test_what_lies_in_the_folder_of_weights_is_taken_first(tmp_path):
    own = tmp_path / "var" / "weights" / "some" / "model"
    own.mkdir(parents=True)
    (own / "config.json").write_text("{}")
    assert hub_file("some/model", "config.json") == own / "config.json"
    assert hub_snapshot("some/model") == own
    assert hub_revision(own / "config.json") is None


@pytest.mark.usefixtures("_offline")
def test_what_the_hub_s_cache_holds_is_taken_with_its_revision(tmp_path):
    commit = "0123456789" * 4
    snapshot = tmp_path / "cache" / "models--some--model" / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    refs = tmp_path / "cache" / "models--some--model" / "refs"
    refs.mkdir()
    (refs / "main").write_text(commit)
    found = hub_file("some/model", "config.json", commit)
    assert found == snapshot / "config.json"
    assert hub_revision(found) == hub_revision(snapshot) == commit
    assert hub_revision(hub_file("some/model", "config.json")) == commit


@pytest.mark.parametrize("name", ["../secrets", "a/../b", "/etc", "a/b/c", "", ".hidden/x"])
def test_only_names_of_repositories_are_looked_up(name):
    with pytest.raises(ModelError, match=r"is no repository of the hub; expected ORGANISATION/NAME"):
        hub_file(name, "config.json")
