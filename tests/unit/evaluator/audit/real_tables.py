"""The tables of real sources as claims, read from where the real data lies, with only what the printed tables say."""

import csv
from pathlib import Path

from evaluator.audit.claim import Claim, Kind
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Printed, Scale
from splits.split import Direction

FLICKR = {"dataset": "flickr30k", "protocol": "flickr30k-1k", "n_images": 1000, "n_captions": 5000}
COCO = {"dataset": "coco", "n_images": 5000, "n_captions": 25000}
RAO_DATA = {
    "Flickr30k 1K": FLICKR,
    "MS-COCO 5K": {**COCO, "protocol": "coco-5k"},
    "MS-COCO 1K (5-fold)": {**COCO, "protocol": "coco-1k"},
}
WAYS = {"image-to-text": Direction.I2T, "text-to-image": Direction.T2I, "i2t": Direction.I2T, "t2i": Direction.T2I}
RAO_KINDS = {
    "reported_in_paper": {"kind": Kind.REPORTED},
    "reproduced": {"kind": Kind.REPRODUCED, "n_seeds": 3},
    "without_hard_negatives": {"kind": Kind.ABLATION, "ablation": "without hard negatives", "n_seeds": 3},
}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rao(tables: Path) -> ClaimSet:
    """Tables 3, 5 and 6 of Rao et al., the lists of their repository, and their ten seeds."""
    return ClaimSet.of([*_rao_tables(tables), *_rao_seeds(tables)])


def _rao_tables(tables: Path):
    for row in rows_of(tables / "rao2022.csv"):
        for kind, stated in RAO_KINDS.items():
            if row[kind]:
                yield Claim(
                    source="rao2022",
                    table=row["table"] if row["table"] == "README" else f"Table {row['table']}",
                    row=f"{row['system']} {row['variant']}".strip(),
                    column=f"{row['dataset']} {row['direction_as_labelled']}@{row['k']}",
                    system=row["system"],
                    variant="pretrained BERT" if row["table"] == "README" else row["variant"],
                    metric=f"R@{row['k']}",
                    printed=Printed(row[kind], Scale.PERCENT),
                    printed_direction=row["direction_as_labelled"],
                    direction=WAYS[row["true_direction"]],
                    **stated,
                    **RAO_DATA[row["dataset"]],
                )


RAO_RUNS = {
    "SCAN i-t AVG": ("SCAN", "i-t AVG"),
    "SGRAF-SGR": ("SGRAF", "SGR"),
    "SAEM": ("SAEM", "pretrained BERT"),
    "CAMERA": ("CAMERA", "pretrained BERT"),
}


def _rao_seeds(tables: Path):
    for row in rows_of(tables / "rao2022_ten_seeds.csv"):
        system, variant = RAO_RUNS.get(row["system"], (row["system"], ""))
        for way in Direction:
            for k in (1, 5, 10):
                yield Claim(
                    source="rao2022",
                    table="ten seeds",
                    row=f"{row['system']} {row['run']}",
                    column=f"{way.value} R@{k}",
                    system=system,
                    variant="" if row["note"] else variant,
                    metric=f"R@{k}",
                    printed=Printed(row[f"{way.value}_r{k}"], Scale.PERCENT),
                    kind=Kind.REPRODUCED,
                    direction=way,
                    seed=row["run"],
                    **FLICKR,
                )


CLIP_DATA = {
    "MS COCO": {"dataset": "coco", "protocol": "coco-5k-25010"},
    "Flickr30k": {"dataset": "flickr30k", "protocol": "flickr30k-1k"},
}


def hendriksen(tables: Path) -> ClaimSet:
    """The logs of Hendriksen et al. and what others report of the same systems; empty counts stay unknown."""
    return ClaimSet.of(_hendriksen(tables))


def _hendriksen(tables: Path):
    for row in rows_of(tables / "hendriksen2023_and_reported.csv"):
        for k in (1, 5, 10):
            if row[f"R@{k}"]:
                yield Claim(
                    source="hendriksen2023",
                    table=row["table"],
                    row=f"{row['system']} {row['checkpoint']}",
                    column=f"{row['dataset']} {row['direction']} R@{k}",
                    system=row["system"],
                    variant=f"{row['checkpoint']} {row['setting']}",
                    metric=f"R@{k}",
                    printed=Printed(row[f"R@{k}"], Scale.PERCENT),
                    kind=Kind.REPRODUCED if "repo log" in row["table"] else Kind.REPORTED,
                    direction=WAYS[row["direction"]],
                    printed_direction=row["direction"],
                    n_images=int(row["n_images"]) if row["n_images"].isdigit() else None,
                    n_captions=int(row["n_texts"]) if row["n_texts"].isdigit() else None,
                    **CLIP_DATA.get(row["dataset"], {"dataset": row["dataset"]}),
                )


OPEN_CLIP = {"Flickr": FLICKR, "MSCOCO": {**COCO, "n_captions": 25010, "protocol": "coco-5k-25010"}}


def open_clip(data: Path) -> ClaimSet:
    """The retrieval table of open_clip: 121 models, both directions of two datasets."""
    return ClaimSet.of(_open_clip(data))


def _open_clip(data: Path):
    for row in rows_of(data / "published_tables" / "openclip_retrieval_results.csv"):
        for dataset, stated in OPEN_CLIP.items():
            for label, way in (("image retr.", Direction.T2I), ("text retr.", Direction.I2T)):
                for k in (1, 5, 10):
                    yield Claim(
                        source="open_clip",
                        table="openclip_retrieval_results.csv",
                        row=f"{row['name']} {row['pretrained']}",
                        column=f"{dataset} {label} R@{k}",
                        system=row["name"],
                        variant=row["pretrained"],
                        metric=f"R@{k}",
                        printed=Printed(row[f"{dataset} {label} R@{k}"], Scale.FRACTION),
                        kind=Kind.REPORTED,
                        printed_direction=label,
                        direction=way,
                        **stated,
                    )
