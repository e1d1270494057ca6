"""The control interface as Python's own HTTP client sees it, which sends exactly the headers that it is given."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest
from conftest import Mock

JSON = {"Content-Type": "application/json"}


def ask(mock: Mock, method: str, path: str, headers: dict[str, str], body: str | None = None) -> tuple[int, str]:
    url = urlsplit(mock.control_url)
    assert url.hostname is not None
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    try:
        connection.request(method, f"{url.path}/{path}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_what_a_web_page_can_send_moves_nothing(mock: Mock, headers: dict[str, str], status: int) -> None:
    before = ask(mock, "GET", "faults", {})
    fault = json.dumps({"kind": "status", "status": 503})
    seen, said = ask(mock, "POST", "faults", JSON | headers, fault)
    assert (seen, next(iter(headers)) in json.loads(said)["error"]) == (status, True), said
    assert ask(mock, "GET", "faults", {}) == before


def test_what_a_test_sends_is_done(mock: Mock) -> None:
    assert ask(mock, "POST", "clock", JSON, '{"advance_ms": 0}')[0] == 200
    assert ask(mock, "POST", "reset", JSON)[0] == 204
