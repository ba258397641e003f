"""Hand in over the API, step by step, as a client does."""

import hashlib
from pathlib import Path
from typing import Any

import yaml
from fastapi.testclient import TestClient

from tests.integration.api.conftest import bearer

HALF = 2


def upload(api: TestClient, token: str, content: bytes, filename: str = "scores.npy") -> dict[str, Any]:
    """Send a file, and return what the board says of it."""
    sha256 = hashlib.sha256(content).hexdigest()
    announced = {"sha256": sha256, "size": len(content), "filename": filename}
    found = api.post("/api/v1/uploads", json=announced, headers=bearer(token)).json()
    if not found["complete"]:
        headers = {**bearer(token), "Upload-Offset": "0"}
        answer = api.patch(f"/api/v1/uploads/{found['id']}", content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        found = answer.json()
    assert found["complete"]
    return found


def request_of(api: TestClient, token: str, manifest: Path, **more: Any) -> dict[str, Any]:
    """Send the files of a submission, and return the request that hands it in."""
    document = yaml.safe_load(manifest.read_text())
    names = [document["split"], *(run["file"] for run in document["runs"])]
    files = {name: upload(api, token, (manifest.parent / name).read_bytes(), name)["sha256"] for name in names}
    return {"manifest": document, "files": files, **more}


def hand_in(api: TestClient, token: str, manifest: Path, **more: Any) -> dict[str, Any]:
    """Hand in a submission, and return what the board says of it."""
    body = request_of(api, token, manifest, **more)
    answer = api.post("/api/v1/submissions", json=body, headers=bearer(token))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())
