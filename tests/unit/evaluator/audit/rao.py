"""The tables of Rao et al. 2022 and their list of ten seeds as claims, from the folder of real data."""

import csv

from evaluator.audit.claim import Kind
from evaluator.audit.claim_set import ClaimSet
from splits.split import Direction
from tests.unit.evaluator.audit.tables import claim

PROTOCOLS = {
    "Flickr30k 1K": ("flickr30k", "flickr30k-1k"),
    "MS-COCO 5K": ("coco", "coco-5k"),
    "MS-COCO 1K (5-fold)": ("coco", "coco-1k"),
}
DIRECTIONS = {"image-to-text": Direction.I2T, "text-to-image": Direction.T2I}
COLUMNS = {"reported_in_paper": Kind.REPORTED, "reproduced": Kind.REPRODUCED, "without_hard_negatives": Kind.ABLATION}
LISTED = {
    "SCAN i-t AVG": ("SCAN", "i-t AVG"),
    "SGRAF-SGR": ("SGRAF", "SGR"),
    "SAEM": ("SAEM", "pretrained BERT"),
    "CAMERA": ("CAMERA", "pretrained BERT"),
}


def tables(folder):
    """Tables 3, 5 and 6."""
    with (folder / "rao2022.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] != "README"]
    claims = []
    for row in rows:
        dataset, protocol = PROTOCOLS[row["dataset"]]
        for column, kind in COLUMNS.items():
            if row[column]:
                claims.append(
                    claim(
                        row[column],
                        source="rao2022",
                        table=f"Table {row['table']}",
                        row=f"{row['system']} {row['variant']}".strip(),
                        column=f"{row['dataset']} {row['direction_as_labelled']}@{row['k']}",
                        system=row["system"],
                        variant=row["variant"],
                        ablation="hard negatives" if kind is Kind.ABLATION else "",
                        dataset=dataset,
                        protocol=protocol,
                        direction=DIRECTIONS[row["true_direction"]],
                        metric=f"R@{row['k']}",
                        kind=kind,
                        n_seeds=None if kind is Kind.REPORTED else 3,
                    )
                )
    return ClaimSet.of(claims)


def ten_seeds(folder):
    """The runs behind the violins."""
    with (folder / "rao2022_ten_seeds.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    claims = []
    for row in rows:
        system, variant = LISTED.get(row["system"], (row["system"], ""))
        for direction in Direction:
            for k in (1, 5, 10):
                claims.append(
                    claim(
                        row[f"{direction}_r{k}"],
                        source="rao2022-ten-seeds",
                        system=system,
                        variant=row["note"] or variant,
                        direction=direction,
                        metric=f"R@{k}",
                        kind=Kind.REPRODUCED,
                        n_seeds=1,
                        seed=row["run"],
                    )
                )
    return ClaimSet.of(claims)
