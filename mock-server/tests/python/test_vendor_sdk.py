"""The vendor's own Python SDK (`runtype-sdk`), unchanged, as the owner of a surface of the mock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from conftest import Mock
from runtype import RuntypeApi, RuntypeClient
from runtype._generated.errors import NotFoundError, UnauthorizedError


@pytest.fixture
def owner(mock: Mock) -> Iterator[RuntypeApi]:
    with RuntypeClient(api_key="rt_test_demo", base_url=mock.base_url) as client:
        yield client.api


def call(mock: Mock, slug: str, key: str) -> int:
    answer = requests.post(mock.url(slug), json={"input": "One. Two."}, headers={"X-API-Key": key}, timeout=10)
    return answer.status_code


def test_a_new_key_works_at_once_and_stops_at_once(mock: Mock, owner: RuntypeApi) -> None:
    ids = (mock.product_id, mock.surface_id)
    key = owner.products.create_surface_api_key(
        *ids,
        name="Made by the vendor's SDK",
        environment="test",
        scopes=["summarize-article"],
        rate_limit_per_minute=3,
        rate_limit_per_day=10,
        expires_at="2100-01-01T00:00:00Z",
    )
    assert key.key.startswith("papi_") and key.key_prefix == "papi_" and key.is_active
    assert (key.scopes, key.rate_limit_per_minute, key.rate_limit_per_day) == (["summarize-article"], 3, 10)
    assert call(mock, "summarize-article", key.key) == 200
    assert call(mock, "echo", key.key) == 403

    surface = owner.products.get_surface_details(*ids)
    listed = next(one for one in surface.keys if one.id == key.id)
    assert listed.name == "Made by the vendor's SDK" and listed.environment == "test"
    assert key.key not in surface.model_dump_json()

    assert owner.products.delete_surface_api_key(*ids, key.id).success
    assert call(mock, "summarize-article", key.key) == 401
    with pytest.raises(NotFoundError):
        owner.products.delete_surface_api_key(*ids, key.id)


def test_the_limit_of_a_new_key_holds(mock: Mock, owner: RuntypeApi) -> None:
    # From the beginning of a minute on, so that the three calls fall into one.
    mock.control("POST", "clock", {"now": "2050-01-01T00:00:00Z"})
    key = owner.products.create_surface_api_key(mock.product_id, mock.surface_id, rate_limit_per_minute=2)
    assert [call(mock, "echo", key.key) for _ in range(3)] == [200, 200, 429]
    mock.control("POST", "clock", {"advance_ms": 60_000})
    assert call(mock, "echo", key.key) == 200


def test_the_surface_lists_what_it_can_do(mock: Mock, owner: RuntypeApi) -> None:
    surface = owner.products.get_surface_details(mock.product_id, mock.surface_id)
    assert (surface.id, surface.product_id, surface.type, surface.status) == (
        mock.surface_id,
        mock.product_id,
        "api",
        "active",
    )
    assert surface.endpoint == mock.url("").rstrip("/")
    summarize = next(item for item in surface.items if item.endpoint_slug == "summarize-article")
    assert (summarize.capability_name, summarize.enabled) == ("Summarize Article", True)
    # A target of the catalogue is a scope, as the vendor's documentation says.
    target = next(target for target in surface.scope_targets if target.name == "Summarize Article")
    key = owner.products.create_surface_api_key(mock.product_id, mock.surface_id, scopes=[target.id])
    assert key.scope_target_ids == [target.id]
    assert (call(mock, "summarize-article", key.key), call(mock, "echo", key.key)) == (200, 403)


def test_another_owner_is_refused(mock: Mock) -> None:
    for token in ("rt_test_other", mock.api_key):
        stranger = RuntypeClient(api_key=token, base_url=mock.base_url)
        with stranger, pytest.raises(UnauthorizedError):
            stranger.api.products.get_surface_details(mock.product_id, mock.surface_id)
