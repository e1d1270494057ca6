"""The vendor's documented snippets, with only the base URL exchanged."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import requests
from conftest import Mock

BODY = {"input": "Your input here. And more."}
ANSWER = {"summary": "Your input here.", "words": 5}


def test_requests(mock: Mock) -> None:
    for headers in ({"Authorization": f"Bearer {mock.api_key}"}, {"X-API-Key": mock.api_key}):
        answer = requests.post(
            mock.url("summarize-article"), headers={**headers, "Content-Type": "application/json"}, json=BODY, timeout=10
        )
        assert answer.json() == ANSWER


def test_curl(mock: Mock) -> None:
    command = ["curl", "-sS", "-X", "POST", mock.url("summarize-article")]
    for header in (f"Authorization: Bearer {mock.api_key}", "Content-Type: application/json"):
        command += ["-H", header]
    output = subprocess.run([*command, "-d", json.dumps(BODY)], capture_output=True, check=True, timeout=10)
    assert json.loads(output.stdout) == ANSWER


def test_fetch(mock: Mock) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is needed for the vendor's JavaScript snippet")
    program = """
        const [url, key, body] = process.argv.slice(1);
        const response = await fetch(url, {
          method: 'POST',
          headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
          body,
        });
        console.log(JSON.stringify(await response.json()));
    """
    command = [node, "--input-type=module", "-e", program, mock.url("summarize-article"), mock.api_key, json.dumps(BODY)]
    output = subprocess.run(command, capture_output=True, check=True, timeout=30)
    assert json.loads(output.stdout) == ANSWER


def test_the_documented_errors_are_to_the_letter(mock: Mock) -> None:
    missing = requests.post(mock.url("echo"), json={}, timeout=10)
    assert (missing.status_code, missing.json()) == (401, {"error": "Invalid or missing API key"})
    scoped = requests.post(mock.url("echo"), json={}, headers={"X-API-Key": "papi_demo_scoped"}, timeout=10)
    assert (scoped.status_code, scoped.json()) == (
        403,
        {"error": "API key does not have permission to access this resource"},
    )
