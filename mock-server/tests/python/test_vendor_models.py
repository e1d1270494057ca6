"""The vendor's pydantic models on every event and every management response that the mock sends."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from conftest import Mock
from pydantic import BaseModel, ValidationError
from runtype._generated.products.types.delete_v1products_id_surfaces_surface_id_keys_key_id_response import (
    DeleteV1ProductsIdSurfacesSurfaceIdKeysKeyIdResponse as RemovedKey,
)
from runtype._generated.products.types.get_v1products_id_surfaces_surface_id_response import (
    GetV1ProductsIdSurfacesSurfaceIdResponse as Surface,
)
from runtype._generated.products.types.post_v1products_id_surfaces_surface_id_keys_response import (
    PostV1ProductsIdSurfacesSurfaceIdKeysResponse as CreatedKey,
)
from vendor_models import check, events, required

SCRIPT = [
    {"event": "execution_start", "data": {}},
    {"event": "turn_start", "data": {}},
    {"event": "step_start", "data": {}},
    {"comment": "keep-alive"},
    {"event": "ping", "data": {}},
    {"event": "reasoning_start", "data": {}},
    {"event": "reasoning_delta", "data": {"delta": "Hm."}},
    {"event": "reasoning_complete", "data": {}},
    {"event": "tool_start", "data": {"toolName": "search", "toolType": "local"}},
    {"event": "tool_input_delta", "data": {"delta": "{}"}},
    {"event": "tool_input_complete", "data": {"parameters": {}}},
    {"event": "tool_output_delta", "data": {"delta": "found"}},
    {"event": "text_start", "data": {"id": "nested", "parentToolCallId": "call_1"}},
    {"event": "text_delta", "data": {"id": "nested", "delta": "aside", "parentToolCallId": "call_1"}},
    {"event": "tool_complete", "data": {}},
    {"event": "text_start", "data": {}},
    {"event": "text_delta", "data": {"delta": "Hello"}},
    {"event": "error", "data": {"error": "rate limited, retrying"}},
    {"event": "error", "data": {"error": {"code": "SLOW", "message": "slow"}, "recoverable": True}},
    {"event": "text_complete", "data": {"text": "Hello"}},
    {"event": "approval_start", "data": {"toolName": "refund", "parameters": {"eur": 5}}},
    {"event": "approval_complete", "data": {"decision": "approved"}},
    {"event": "step_complete", "data": {}},
    {"event": "step_skip", "data": {}},
    {"event": "turn_complete", "data": {}},
    {"event": "await", "data": {"toolName": "ask", "parameters": {}, "awaitReason": "detached"}},
    {"event": "execution_error", "data": {"error": {"code": "BOOM", "message": "boom"}, "upgradeUrl": "https://x"}},
    {"event": "execution_complete", "data": {"success": False, "failedSteps": 1}},
    {"event": "execution_complete", "data": {"finalOutput": "Hello"}},
    {"data": "[DONE]"},
]

ANSWERS: dict[str, dict[str, Any]] = {
    "echo": {"kind": "echo"},
    "fixed": {"kind": "fixed", "output": {"price": 42, "list": [1.50, None]}},
    "fixed-text": {"kind": "fixed", "output": "two words"},
    "fixed-null": {"kind": "fixed", "output": None},
    "template": {"kind": "template", "output": {"response": "Hello {{ input.input }}"}},
    "sequence": {"kind": "sequence", "answers": [{"kind": "fixed", "output": 7}]},
    "summarize": {"kind": "summarize"},
    "agent": {"kind": "agent"},
    "script": {"kind": "stream", "steps": SCRIPT},
}


def stream(mock: Mock, slug: str, answer: dict[str, Any], response_format: str) -> list[dict[str, Any]]:
    mock.control("PUT", f"capabilities/{slug}", {"answer": answer, "response_format": response_format})
    headers = {"X-API-Key": mock.api_key}
    response = requests.post(f"{mock.url(slug)}?stream=true", json={"input": "One. Two."}, headers=headers, timeout=10)
    assert response.headers["content-type"] == "text/event-stream", response.text
    response.encoding = "utf-8"
    return events(response.text)


@pytest.mark.parametrize("response_format", ["raw", "wrapped"])
@pytest.mark.parametrize("form", ANSWERS)
def test_the_models_accept_every_event_of_every_form_of_answer(mock: Mock, form: str, response_format: str) -> None:
    found = stream(mock, f"models-{form}", ANSWERS[form], response_format)
    assert len(found) >= 2
    for event in found:
        check(event)
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert len({event["executionId"] for event in found}) == 1


class Callback(BaseHTTPRequestHandler):
    """Answers every request with an agent's text."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"response": "Hello world"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


def test_the_models_accept_what_a_callback_answers(mock: Mock) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Callback) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        found = stream(mock, "models-callback", {"kind": "callback", "url": url}, "raw")
        server.shutdown()
    assert [event["type"] for event in found].count("text_delta") == 2
    for event in found:
        check(event)


@pytest.mark.parametrize("form", ANSWERS)
def test_an_event_without_a_required_field_is_refused(mock: Mock, form: str) -> None:
    removed = 0
    for event in stream(mock, f"models-{form}", ANSWERS[form], "raw"):
        for name in required(event):
            with pytest.raises(ValidationError):
                check({field: value for field, value in event.items() if field != name})
            removed += 1
    assert removed >= 8, "execution_start and execution_complete alone have eight"


def test_a_final_output_that_is_no_string_is_refused(mock: Mock) -> None:
    *_, complete = stream(mock, "models-fixed", ANSWERS["fixed"], "raw")
    with pytest.raises(ValidationError):
        check(complete | {"finalOutput": ANSWERS["fixed"]["output"]})


def management(mock: Mock) -> list[tuple[type[BaseModel], Any]]:
    """Each management response, with the vendor's model of it."""
    base = f"{mock.base_url}/v1/products/{mock.product_id}/surfaces/{mock.surface_id}"
    headers = {"Authorization": "Bearer rt_test_demo"}
    bare = requests.post(f"{base}/keys", json={}, headers=headers, timeout=10).json()
    options = {
        "name": "n",
        "environment": "test",
        "scopes": ["echo"],
        "expiresAt": "2100-01-01T00:00:00Z",
        "rateLimitPerMinute": 3,
        "rateLimitPerDay": 10,
    }
    full = requests.post(f"{base}/keys", json=options, headers=headers, timeout=10).json()
    assert requests.post(mock.url("echo"), json={}, headers={"X-API-Key": full["key"]}, timeout=10).ok
    surface = requests.get(base, headers=headers, timeout=10).json()
    removed = requests.delete(f"{base}/keys/{bare['id']}", headers=headers, timeout=10).json()
    return [(CreatedKey, bare), (CreatedKey, full), (Surface, surface), (RemovedKey, removed)]


def test_the_models_accept_every_management_response(mock: Mock) -> None:
    for model, response in management(mock):
        model.model_validate(response)
        # Also those that older models of the vendor require.
        keys = [response] if model is CreatedKey else response.get("keys", [])
        for key in keys:
            assert {"surfaceId", "canReveal", "isDevelopment", "keyPrefix", "keyHint", "usageCount"} <= key.keys()


def test_a_used_key_says_how_often_and_when(mock: Mock) -> None:
    ((_, bare), (_, full), (_, surface), _) = management(mock)
    listed = {key["id"]: key for key in surface["keys"]}
    used, unused = listed[full["id"]], listed[bare["id"]]
    assert (used["usageCount"], used["isDevelopment"], unused["usageCount"]) == (1, True, 0)
    assert used["lastUsedAt"] >= used["createdAt"] and "lastUsedAt" not in unused
    # A scope is stored as the id of its target in the catalogue.
    target = next(target for target in surface["scopeTargets"] if target["name"] == "Echo")
    assert target["id"].startswith("surfitem_") and used["scopeTargetIds"] == [target["id"]]


def test_a_management_response_without_a_required_field_is_refused(mock: Mock) -> None:
    for model, response in management(mock):
        for name, field in model.model_fields.items():
            if field.is_required():
                with pytest.raises(ValidationError):
                    model.model_validate({k: v for k, v in response.items() if k not in (name, field.alias)})
    surface = management(mock)[2][1]
    del surface["keys"][0]["canReveal"]
    with pytest.raises(ValidationError):
        Surface.model_validate(surface)
