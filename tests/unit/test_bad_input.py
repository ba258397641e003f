"""Every broken input of `tests/data/broken/table.yaml` gives exactly the message that stands there.

Run as a program, this module writes `docs/reference/bad-input.md` from the table.
"""

import difflib
import gzip
import io
import json
import os
import pickle
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "tests" / "data" / "broken" / "table.yaml"
PAGE = ROOT / "docs" / "reference" / "bad-input.md"
N_IMAGES, N_CAPTIONS = 12, 24
IMAGES = [f"im{i:02}" for i in range(N_IMAGES)]
CAPTIONS = [f"cap{i:02}" for i in range(N_CAPTIONS)]
SCORES = np.random.default_rng(0).standard_normal((N_IMAGES, N_CAPTIONS)).astype(np.float32)
VECTORS = {
    "image_embeddings": np.random.default_rng(1).standard_normal((N_IMAGES, 4)).astype(np.float32),
    "text_embeddings": np.random.default_rng(2).standard_normal((N_CAPTIONS, 4)).astype(np.float32),
}
RANKS = {"i2t_rank0": np.arange(N_IMAGES), "t2i_rank0": np.zeros(N_CAPTIONS, int)}
LISTS = {image: [CAPTIONS[2 * i], CAPTIONS[2 * i + 1]] for i, image in enumerate(IMAGES)}
LINES = [f"{image} Q0 {c} {r} {-r / 2} tag" for image, found in LISTS.items() for r, c in enumerate(found, 1)]

Arguments = list[str]
BUILDERS: dict[str, Callable[[Path], Arguments]] = {}


def builder(function: Callable[[Path], Arguments]) -> Callable[[Path], Arguments]:
    BUILDERS[function.__name__] = function
    return function


def split_document(n_images: int = N_IMAGES, n_captions: int = N_CAPTIONS) -> dict:
    pairs = [[CAPTIONS[c], IMAGES[c * n_images // n_captions]] for c in range(n_captions)]
    return {
        "name": "my-photos/test",
        "centricity": "scene",
        "images": IMAGES[:n_images],
        "captions": CAPTIONS[:n_captions],
        "pairs": pairs,
    }


def score(file: Path, document: dict | str | None = None) -> Arguments:
    split = file.parent / "split.json"
    split.write_text(document if isinstance(document, str) else json.dumps(document or split_document()))
    return ["score", str(file), "--split", str(split)]


def npy(folder: Path, array: np.ndarray, **options) -> Arguments:
    np.save(folder / "scores.npy", array, **options)
    return score(folder / "scores.npy")


def npz(folder: Path, **arrays) -> Arguments:
    np.savez(folder / "scores.npz", **arrays)
    return score(folder / "scores.npz")


def content(folder: Path, name: str, data: bytes | str) -> Arguments:
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return score(folder / name)


def changed(array: np.ndarray, *places: tuple[int, int], to: float) -> np.ndarray:
    copy = array.copy()
    for place in places:
        copy[place] = to
    return copy


def npy_bytes(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


# Shape and orientation


@builder
def wrong_shape(folder):
    return npy(folder, SCORES[:-1])


@builder
def transposed(folder):
    return npy(folder, SCORES.T)


@builder
def declared_the_wrong_way_round(folder):
    return [*npy(folder, SCORES), "--orientation", "captions-x-images"]


@builder
def square_and_undeclared(folder):
    np.save(folder / "scores.npy", SCORES[:, :N_IMAGES])
    return score(folder / "scores.npy", split_document(N_IMAGES, N_IMAGES))


@builder
def orientation_stated_twice(folder):
    return [*npz(folder, scores=SCORES, orientation="images-x-captions"), "--orientation", "captions-x-images"]


@builder
def orientation_unknown(folder):
    return npz(folder, scores=SCORES, orientation="images x captions")


@builder
def one_dimension(folder):
    return npy(folder, SCORES.ravel())


@builder
def three_dimensions(folder):
    return npy(folder, SCORES[None])


@builder
def empty_array(folder):
    return npy(folder, SCORES[:0])


@builder
def images_repeated_in_a_matrix(folder):
    return npy(folder, SCORES.repeat(2, axis=0))


@builder
def wrong_coco_split(folder):
    np.lib.format.open_memmap(folder / "scores.npy", "w+", np.float16, (5000, 25010)).flush()
    return ["score", str(folder / "scores.npy"), "--protocol", "coco-5k"]


@builder
def too_few_candidates(folder):
    np.save(folder / "scores.npy", SCORES[:6, :12])
    return score(folder / "scores.npy", split_document(6, 12))


# Values


@builder
def nan(folder):
    return npy(folder, changed(SCORES, (3, 5), (7, 0), to=np.nan))


@builder
def infinity(folder):
    return npy(folder, changed(changed(SCORES, (11, 23), to=np.inf), (2, 1), (4, 1), to=-np.inf))


@builder
def float16_overflow(folder):
    with np.errstate(over="ignore"):
        return npy(folder, changed(SCORES, (0, 9), to=70000).astype(np.float16))


@builder
def integers(folder):
    return npy(folder, (100 * SCORES).astype(np.int32))


@builder
def booleans(folder):
    return npy(folder, SCORES > 0)


@builder
def complex_numbers(folder):
    return npy(folder, SCORES.astype(np.complex64))


@builder
def strings(folder):
    return npy(folder, SCORES.astype(str))


@builder
def records(folder):
    return npy(folder, np.zeros((N_IMAGES, N_CAPTIONS), dtype=[("score", "f4"), ("tag", "i4")]))


@builder
def long_double(folder):
    return npy(folder, SCORES.astype(np.longdouble))


@builder
def object_array(folder):
    return npy(folder, SCORES.astype(object), allow_pickle=True)


# Files


@builder
def missing_file(folder):
    return score(folder / "scores.npy")


@builder
def a_folder(folder):
    (folder / "scores").mkdir()
    return score(folder / "scores")


@builder
def empty_file(folder):
    return content(folder, "scores.npy", b"")


@builder
def unknown_type(folder):
    return content(folder, "scores.mat", b"MATLAB 5.0 MAT-file\0\0\0")


@builder
def picture(folder):
    return content(folder, "scores.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")


@builder
def pickled(folder):
    return content(folder, "scores.pkl", pickle.dumps([1.0]))


@builder
def torch_checkpoint(folder):
    with zipfile.ZipFile(folder / "ranks.pth.tar", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
    return score(folder / "ranks.pth.tar")


@builder
def old_torch_checkpoint(folder):
    return content(folder, "scores.pt", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.")


@builder
def truncated_npy(folder):
    return content(folder, "scores.npy", npy_bytes(SCORES)[:-100])


@builder
def truncated_npy_header(folder):
    return content(folder, "scores.npy", npy_bytes(SCORES)[:40])


@builder
def two_arrays_in_npy(folder):
    return content(folder, "scores.npy", npy_bytes(SCORES) + npy_bytes(SCORES))


@builder
def truncated_npz(folder):
    arguments = npz(folder, scores=SCORES)
    file = Path(arguments[1])
    file.write_bytes(file.read_bytes()[:-60])
    return arguments


@builder
def damaged_npz(folder):
    arguments = npz(folder, scores=SCORES)
    data = bytearray(Path(arguments[1]).read_bytes())
    data[600] ^= 1
    return content(folder, "scores.npz", bytes(data))


@builder
def zip_bomb(folder):
    with (
        zipfile.ZipFile(folder / "scores.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("scores.npy", "w") as member,
    ):
        np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False, "shape": (1000, 5000)})
        for _ in range(20):
            member.write(bytes(1_000_000))
    return ["score", str(folder / "scores.npz"), "--protocol", "flickr30k-1k"]


@builder
def zip_that_lies_about_its_length(folder):
    with zipfile.ZipFile(folder / "scores.npz", "w") as archive:
        archive.writestr("scores.npy", npy_bytes(SCORES) + bytes(1000))
    return score(folder / "scores.npz")


@builder
def arrays_of_other_names(folder):
    return npz(folder, similarity=SCORES, labels=np.arange(3))


@builder
def hdf5_without_dataset(folder):
    with h5py.File(folder / "scores.h5", "w") as file:
        file.create_dataset("sims", data=SCORES)
    return score(folder / "scores.h5")


@builder
def hdf5_never_filled(folder):
    with h5py.File(folder / "scores.h5", "w") as file:
        file.create_dataset("scores", shape=SCORES.shape, dtype="f4")
    return score(folder / "scores.h5")


@builder
def hdf5_external_link(folder):
    with h5py.File(folder / "scores.h5", "w") as file:
        file["scores"] = h5py.ExternalLink("other.h5", "scores")
    return score(folder / "scores.h5")


@builder
def truncated_hdf5(folder):
    with h5py.File(folder / "whole.h5", "w") as file:
        file.create_dataset("scores", data=SCORES)
    return content(folder, "scores.h5", (folder / "whole.h5").read_bytes()[:-200])


@builder
def broken_safetensors(folder):
    save_file({"scores": SCORES}, folder / "whole.safetensors")
    data = (folder / "whole.safetensors").read_bytes()
    return content(folder, "scores.safetensors", data[:-100])


@builder
def bfloat16(folder):
    header = json.dumps({"scores": {"dtype": "BF16", "shape": [12, 24], "data_offsets": [0, 576]}}).encode()
    return content(folder, "scores.safetensors", struct.pack("<Q", len(header)) + header + bytes(576))


@builder
def format_declared_wrongly(folder):
    return [*npy(folder, SCORES), "--format", "trec"]


@builder
def format_misspelt(folder):
    return [*npy(folder, SCORES), "--format", "matrx"]


# Ids and digests


@builder
def repeated_id(folder):
    return npz(folder, scores=SCORES, image_ids=[*IMAGES[:-1], IMAGES[3]])


@builder
def unknown_id(folder):
    return npz(folder, scores=SCORES, caption_ids=[*CAPTIONS[:-2], "cap99", "cap98"])


@builder
def missing_id(folder):
    return npz(folder, scores=SCORES[:-2], image_ids=IMAGES[:-2])


@builder
def extra_id(folder):
    return npz(folder, scores=np.c_[SCORES, SCORES[:, :1]], caption_ids=[*CAPTIONS, "cap24"])


@builder
def fewer_ids_than_rows(folder):
    return npz(folder, scores=SCORES, image_ids=IMAGES[:-1])


@builder
def ids_that_are_fractions(folder):
    return npz(folder, scores=SCORES, image_ids=np.arange(12) / 2)


@builder
def ids_kept_as_objects(folder):
    return npz(folder, scores=SCORES, image_ids=np.array(IMAGES, dtype=object))


@builder
def wrong_order_digest(folder):
    return npz(folder, scores=SCORES, split_digest="sha256:" + 64 * "0")


@builder
def wrong_declared_digest(folder):
    return [*npy(folder, SCORES), "--split-digest", "sha256:" + 64 * "1"]


# Embeddings


@builder
def embedding_dimensions_differ(folder):
    return npz(folder, **VECTORS | {"image_embeddings": VECTORS["image_embeddings"][:, :3]})


@builder
def embedding_of_zeros(folder):
    return npz(folder, **VECTORS | {"text_embeddings": changed(VECTORS["text_embeddings"], (4,), to=0)})


@builder
def embedding_not_finite(folder):
    return npz(folder, **VECTORS | {"image_embeddings": changed(VECTORS["image_embeddings"], (9, 2), to=np.nan)})


@builder
def embeddings_with_repeated_images(folder):
    return npz(folder, **VECTORS | {"image_embeddings": VECTORS["image_embeddings"].repeat(2, axis=0)})


@builder
def embeddings_swapped(folder):
    images, captions = VECTORS.values()
    return npz(folder, image_embeddings=captions, text_embeddings=images)


@builder
def embeddings_and_scores(folder):
    return npz(folder, scores=SCORES, **VECTORS)


# Ranked lists


@builder
def trec_with_five_columns(folder):
    return content(folder, "run.trec", "\n".join([*LINES[:2], LINES[2].rsplit(" ", 1)[0], *LINES[3:]]))


@builder
def trec_score_not_a_number(folder):
    return content(folder, "run.trec", "\n".join([*LINES[:4], LINES[4].replace("-0.5", "high"), *LINES[5:]]))


@builder
def trec_score_nan(folder):
    return content(folder, "run.trec", "\n".join([*LINES[:4], LINES[4].replace("-0.5", "nan"), *LINES[5:]]))


@builder
def trec_repeated_candidate(folder):
    return content(folder, "run.trec", "\n".join([*LINES, LINES[0]]))


@builder
def trec_query_missing(folder):
    return content(folder, "run.trec", "\n".join(LINES[:-2]))


@builder
def trec_unknown_query(folder):
    return content(folder, "run.trec", "\n".join([*LINES, LINES[0].replace("im00", "im77")]))


@builder
def trec_candidate_of_the_wrong_side(folder):
    return content(folder, "run.trec", "\n".join([*LINES, LINES[0].replace("cap00", "im03")]))


@builder
def truncated_gzip(folder):
    return content(folder, "run.trec.gz", gzip.compress("\n".join(LINES).encode(), mtime=0)[:-20])


@builder
def json_cut_short(folder):
    return content(folder, "lists.json", json.dumps({"i2t": LISTS})[:-2])


@builder
def json_without_direction(folder):
    return content(folder, "lists.json", json.dumps(LISTS))


@builder
def json_of_a_list(folder):
    return content(folder, "lists.json", json.dumps(list(LISTS.values())))


@builder
def json_unknown_id(folder):
    return content(folder, "lists.json", json.dumps({"i2t": LISTS | {"im05": ["cap10", "cap77"]}}))


@builder
def json_unknown_query(folder):
    return content(folder, "lists.json", json.dumps({"i2t": LISTS | {"im55": ["cap10"]}}))


@builder
def json_repeated_id(folder):
    return content(folder, "lists.json", json.dumps({"i2t": LISTS | {"im05": ["cap10", "cap11", "cap10"]}}))


@builder
def json_repeated_query(folder):
    return content(folder, "lists.json", json.dumps({"i2t": LISTS})[:-2] + ', "im00": ["cap00"]}}')


@builder
def json_empty_list(folder):
    return content(folder, "lists.json", json.dumps({"i2t": LISTS | {"im05": []}}))


@builder
def json_query_missing(folder):
    return content(folder, "lists.json", json.dumps({"i2t": dict(list(LISTS.items())[1:])}))


# Ranks


@builder
def ranks_negative(folder):
    return npz(folder, **RANKS | {"i2t_rank0": RANKS["i2t_rank0"] - 1})


@builder
def ranks_fractional(folder):
    return npz(folder, **RANKS | {"t2i_rank0": RANKS["t2i_rank0"] + 0.5})


@builder
def ranks_of_another_count(folder):
    return npz(folder, **RANKS | {"t2i_rank0": RANKS["t2i_rank0"][:-4]})


@builder
def ranks_beyond_the_gallery(folder):
    return npz(folder, **RANKS | {"t2i_rank0": RANKS["t2i_rank0"] + 12})


@builder
def ranks_against_the_first_candidate(folder):
    return npz(folder, **RANKS, i2t_top1=np.arange(N_IMAGES) + 2)


# Split files and protocols


@builder
def split_not_json(folder):
    np.save(folder / "scores.npy", SCORES)
    return score(folder / "scores.npy", "images: [im00]")


@builder
def split_unknown_centricity(folder):
    np.save(folder / "scores.npy", SCORES)
    return score(folder / "scores.npy", split_document() | {"centricity": "scenes"})


@builder
def split_pair_of_an_unknown_id(folder):
    np.save(folder / "scores.npy", SCORES)
    pairs = [*split_document()["pairs"], ["cap00", "im44"]]
    return score(folder / "scores.npy", split_document() | {"pairs": pairs})


@builder
def protocol_misspelt(folder):
    return [*npy(folder, SCORES)[:2], "--protocol", "coco-5k-25100"]


@builder
def split_misspelt(folder):
    return [*npy(folder, SCORES)[:2], "--split", "flickr30k/karpaty-test"]


@builder
def protocol_without_split(folder):
    return [*npy(folder, SCORES)[:2], "--protocol", "standard"]


# Manifests


def manifest(folder: Path, *lines: str, run: str = "file: scores.npy", **changes: str) -> Arguments:
    score(folder / "scores.npy")
    np.save(folder / "scores.npy", SCORES)
    keys = {"system": "Mine", "submitter": "Ada", "setting": "zero-shot", "split": "split.json"} | changes
    text = "\n".join([*(f"{key}: {value}" for key, value in keys.items()), "runs:", f"  - {run}", *lines])
    (folder / "submission.yaml").write_text(text + "\n")
    return ["submit", str(folder / "submission.yaml"), "--dry-run", "--json"]


@builder
def manifest_missing(folder):
    return ["submit", str(folder / "submission.yaml"), "--dry-run", "--json"]


@builder
def manifest_not_yaml(folder):
    return manifest(folder, "  - file: [scores.npy")


@builder
def manifest_with_unknown_key(folder):
    return manifest(folder, systm="Mine")


@builder
def manifest_without_key(folder):
    (folder / "submission.yaml").write_text(
        "system: Mine\nsetting: zero-shot\nprotocols: [coco-5k]\nruns: [{file: x.npy}]\n"
    )
    return ["submit", str(folder / "submission.yaml"), "--dry-run", "--json"]


@builder
def manifest_with_unknown_setting(folder):
    return manifest(folder, setting="zeroshot")


@builder
def manifest_with_unknown_protocol(folder):
    return manifest(folder, "    protocols: [flickr30k]")


@builder
def manifest_of_a_missing_file(folder):
    return manifest(folder, run="file: score.npy")


@builder
def manifest_with_a_repeated_seed(folder):
    return manifest(folder, "    seed: 1", "  - file: scores.npy", "    seed: 1")


@builder
def manifest_with_seeds_beside_runs(folder):
    return manifest(folder, model="cca:baseline", run="seed: 1", seeds="[0, 1]")


@builder
def manifest_with_seeds_of_score_files(folder):
    return manifest(folder, seeds="[0, 1]")


@builder
def manifest_of_a_file_and_a_model(folder):
    return manifest(folder, "  - model: cca:baseline", "    seed: 1")


@builder
def manifest_that_leaves_its_folder(folder):
    return manifest(folder, run="file: ../scores.npy")


@builder
def manifest_with_a_link_out_of_its_folder(folder):
    (folder / "out.npy").symlink_to("/etc/hostname")
    return manifest(folder, run="file: out.npy")


@builder
def manifest_of_a_broken_file(folder):
    arguments = manifest(folder)
    np.save(folder / "scores.npy", changed(SCORES, (3, 5), to=np.nan))
    return arguments


CLAIMS = "# source: mine\n# scale: percent\nsystem,direction,metric,value\nVSE++,i2t,R@1,41.3\n"


def content_of_claims(folder: Path, text: str) -> Arguments:
    (folder / "claims.csv").write_bytes(text.encode())
    return ["claims", "import", str(folder / "claims.csv")]


def claims(
    folder: Path,
    *,
    scale: str = "# scale: percent\n",
    header: str = "system,direction,metric,value",
    direction: str = "i2t",
    metric: str = "R@1",
    value: str = "41.3",
) -> Arguments:
    return content_of_claims(folder, f"# source: mine\n{scale}{header}\nVSE++,{direction},{metric},{value}\n")


@builder
def claims_without_a_scale(folder):
    return claims(folder, scale="")


@builder
def claims_of_fractions_declared_percent(folder):
    return claims(folder, value="0.413")


@builder
def claims_of_percent_declared_fraction(folder):
    return claims(folder, scale="# scale: fraction\n")


@builder
def claims_with_a_label_alone(folder):
    return claims(folder, header="system,printed_direction,metric,value", direction="IR")


@builder
def claims_of_an_unknown_metric(folder):
    return claims(folder, metric="Recall@1")


@builder
def claims_with_an_unknown_column(folder):
    return claims(folder, header="sytem,direction,metric,value")


@builder
def claims_with_a_percent_sign(folder):
    return claims(folder, value="41.3%")


@builder
def claims_with_a_row_too_short(folder):
    return content_of_claims(folder, CLAIMS + "VSRN,i2t\n")


@builder
def claims_that_are_binary(folder):
    return content_of_claims(folder, "\x89PNG\r\n\0")


@builder
def claims_of_one_cell_twice(folder):
    return content_of_claims(folder, CLAIMS + "VSE++,i2t,R@1,40.0\n")


def load_table() -> list[dict[str, str]]:
    return yaml.safe_load(TABLE.read_text(encoding="utf-8"))


def page_of(table: list[dict[str, str]]) -> str:
    lines = [
        "# What broken input is told",
        "",
        "Every row is tested: the input is made, handed to the command, and answered with exactly this message on",
        "standard error, exit code 1, nothing on standard output and nothing stored. `FOLDER` stands for where the",
        "file lies. `rematch submit --dry-run` prints what it finds on standard output instead, every problem of a",
        "manifest at once.",
        "",
        "Written from `tests/data/broken/table.yaml` by `python tests/unit/test_bad_input.py`.",
    ]
    for part in dict.fromkeys(row["part"] for row in table):
        lines += ["", f"## {part}", "", "| Input | Message |", "|---|---|"]
        for row in table:
            if row["part"] == part:
                message = row["message"].replace("{folder}", "FOLDER").replace("|", "\\|")
                message = re.sub(r"\{(formats|metrics|suffixes|protocols|splits)\}", "…", message)
                message = message.replace("{near}", row.get("meant", ""))
                lines.append(f"| {row['wrong']} | {message} |")
    return "\n".join(lines) + "\n"


def told(arguments: Arguments, monkeypatch, capsys) -> tuple[int, str, str]:
    from leaderboard.cli import main

    monkeypatch.setattr(sys, "argv", ["rematch", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


def names_of_the_catalogues() -> dict[str, list[str]]:
    """What stands in a message for lists that grow with every entry."""
    from evaluator.metric import METRICS
    from evaluator.protocol import PROTOCOLS
    from evaluator.reading import known_suffixes
    from evaluator.score_format import FORMATS
    from splits import SPLITS

    lists = {
        "formats": FORMATS,
        "metrics": [*METRICS, "rsum", "mean"],
        "suffixes": known_suffixes(),
        "protocols": PROTOCOLS,
        "splits": SPLITS,
    }
    return {f"{{{name}}}": list(names) for name, names in lists.items()}


def expected(row: dict[str, str], folder: Path) -> str:
    message = row["message"]
    for placeholder, names in names_of_the_catalogues().items():
        if "{near}" in message and placeholder in message:
            misspelt = message.split("named '")[1].split("'")[0]
            message = message.replace("{near}", " or ".join(difflib.get_close_matches(misspelt, names, cutoff=0.5)))
        message = message.replace(placeholder, ", ".join(names))
    return message.replace("{folder}", str(folder))


def is_manifest(row: dict[str, str]) -> bool:
    return row["make"].startswith("manifest")


@pytest.mark.parametrize("row", [row for row in load_table() if not is_manifest(row)], ids=lambda row: row["name"])
def test_broken_input_is_told_exactly_what_is_wrong(row, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "files"
    folder.mkdir()
    code, out, err = told(BUILDERS[row["make"]](folder), monkeypatch, capsys)
    assert err == f"error: {expected(row, folder)}\n"
    assert (code, out) == (1, "")
    assert not Path(os.environ["REMATCH_HOME"]).exists()


@pytest.mark.parametrize("row", [row for row in load_table() if is_manifest(row)], ids=lambda row: row["name"])
def test_a_broken_manifest_is_told_exactly_what_is_wrong(row, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "files"
    folder.mkdir()
    code, out, err = told(BUILDERS[row["make"]](folder), monkeypatch, capsys)
    findings = json.loads(out)["findings"]
    errors = [f"{found['where']}: {found['message']}" for found in findings if found["level"] == "ERROR"]
    assert errors == [expected(row, folder)]
    assert code == 1
    assert "Traceback" not in err
    assert not Path(os.environ["REMATCH_HOME"]).exists()


def test_a_real_process_says_it_once_and_leaves_with_code_one(tmp_path):
    row = next(row for row in load_table() if row["name"] == "nan")
    command = [sys.executable, "-m", "leaderboard.cli", *BUILDERS["nan"](tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {row['message']}\n"


def test_the_table_has_every_builder_once_and_at_least_eighty_kinds():
    table = load_table()
    assert sorted(row["make"] for row in table) == sorted(BUILDERS)
    assert len({row["name"] for row in table}) == len(table) >= 80


def test_the_messages_end_as_sentences_and_are_no_longer_than_a_screen():
    for row in load_table():
        assert row["message"].endswith((".", "?"))
        assert len(row["message"]) < 700, row["name"]
        assert not {"Traceback", "None", "nan"} & set(row["message"].split()), row["name"]


def test_the_page_of_messages_is_the_table():
    assert PAGE.read_text(encoding="utf-8") == page_of(load_table())


if __name__ == "__main__":
    PAGE.write_text(page_of(load_table()), encoding="utf-8")
