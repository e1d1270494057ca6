"""A mock of one's own for each test module, from the binary that `RUNTYPE_MOCK_BIN` names or cargo has built."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]


def binary() -> str:
    """The mock's binary: as named, or the newest that cargo has built."""
    named = os.environ.get("RUNTYPE_MOCK_BIN")
    if named:
        return named
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [path for profile in ("debug", "release") if (path := target / profile / "runtype-mock").exists()]
    if not built:
        pytest.fail("there is no runtype-mock; run `cargo build --workspace`, or set RUNTYPE_MOCK_BIN")
    return str(max(built, key=lambda path: path.stat().st_mtime))


@dataclass(frozen=True)
class Mock:
    """A running mock: where it is, and who may call it."""

    base_url: str
    product_id: str
    surface_id: str
    api_key: str
    control_url: str

    def url(self, slug: str) -> str:
        """The URL of a capability."""
        return f"{self.base_url}/v1/products/{self.product_id}/surfaces/{self.surface_id}/api/{slug}"

    def control(self, method: str, path: str, body: object = None) -> object:
        """Sends a control request, which must succeed."""
        headers = {"Content-Type": "application/json"}  # said of a POST without a body too
        answer = requests.request(method, f"{self.control_url}/{path}", json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    process = subprocess.Popen(
        [binary(), "serve", "--format", "json", "--log", "none"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    env = json.loads(process.stdout.readline())
    yield Mock(
        base_url=env["RUNTYPE_BASE_URL"],
        product_id=env["RUNTYPE_PRODUCT_ID"],
        surface_id=env["RUNTYPE_SURFACE_ID"],
        api_key=env["RUNTYPE_PRODUCT_API_KEY"],
        control_url=env["RUNTYPE_MOCK_CONTROL_URL"],
    )
    process.terminate()
    assert process.wait(timeout=10) == 0
