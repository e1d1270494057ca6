"""schemathesis on the surface's OpenAPI document: no 5xx, and no answer that contradicts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml  # comes with schemathesis
from conftest import Mock

PRODUCT = "prod_openapi"
SURFACE = "surf_openapi"
KEY = "papi_openapi_0123456789"


@pytest.fixture(scope="module")
def document(mock: Mock) -> str:
    """The document's URL of a surface whose capabilities always answer, some of them with a schema."""
    text = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
    mock.control(
        "POST",
        "surfaces",
        {
            "product_id": PRODUCT,
            "surface_id": SURFACE,
            "keys": [{"key": KEY}],
            "capabilities": [
                {"slug": "echo"},
                {
                    "slug": "summarize-article",
                    "input_schema": text,
                    "output_schema": {
                        "type": "object",
                        "properties": {"summary": {"type": "string"}, "words": {"type": "integer"}},
                        "required": ["summary", "words"],
                    },
                    "answer": {"kind": "summarize"},
                },
                {
                    "slug": "wrapped",
                    "response_format": "wrapped",
                    "input_schema": {
                        "type": "object",
                        "properties": {
                            "count": {"type": "integer", "minimum": 1},
                            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                        },
                        "required": ["count"],
                        "additionalProperties": False,
                    },
                    "answer": {"kind": "template", "output": {"next": "{{ input.count + 1 }}"}},
                },
                {"slug": "support-agent", "answer": {"kind": "agent"}},
            ],
        },
    )
    return f"{mock.base_url}/v1/products/{PRODUCT}/surfaces/{SURFACE}/api/openapi.json"


def test_no_answer_contradicts_the_document(document: str, tmp_path: Path) -> None:
    # The command, because schemathesis 4.32 does not plug into pytest 9. A fixed seed, so that a run repeats itself.
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", document]
    command += ["--header", f"Authorization: Bearer {KEY}", "--checks", "all", "--max-examples", "40", "--seed", "1"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "No issues found" in run.stdout


def test_the_document_is_there_in_yaml_too(mock: Mock) -> None:
    headers = {"Authorization": f"Bearer {mock.api_key}"}
    as_json = requests.get(mock.url("openapi.json"), headers=headers, timeout=10).json()
    as_yaml = requests.get(mock.url("openapi.yaml"), headers=headers, timeout=10)
    assert yaml.safe_load(as_yaml.text) == as_json
    assert as_json["openapi"].startswith("3.0.")


def test_the_document_follows_the_capabilities(mock: Mock) -> None:
    def paths() -> set[str]:
        answer = requests.get(mock.url("openapi.json"), headers={"X-API-Key": mock.api_key}, timeout=10)
        return set(answer.json()["paths"])

    before = paths()
    assert {"/summarize-article", "/echo", "/support-agent", "/fails", "/slow", "/dispatch"} == before
    mock.control("PUT", "capabilities/brand-new", {})
    assert paths() - before == {"/brand-new"}
