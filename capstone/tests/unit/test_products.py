"""The catalogue: validation, the item in the table, and changes that collide."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

import product_api
from fakes import FakeCache
from http_calls import EVE, STAFF, Answered
from http_calls import call as call_as

NOVEL = {"name": "A Novel", "category": "books", "price_cents": 1490, "stock": 5}
STORED = {
    "pk": {"S": "PRODUCT#p1"},
    "sk": {"S": "PRODUCT"},
    "id": {"S": "p1"},
    "name": {"S": "A Novel"},
    "category": {"S": "books"},
    "price_cents": {"N": "1490"},
    "stock": {"N": "5"},
    "description": {"S": ""},
    "version": {"N": "1"},
    "created_at": {"S": "2026-01-01T00:00:00.000000Z"},
    "updated_at": {"S": "2026-01-01T00:00:00.000000Z"},
}


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> FakeCache:
    """The cache, empty."""
    cache = FakeCache()
    monkeypatch.setattr(product_api, "connected", lambda: cache)
    return cache


def call(*request: Any, **more: Any) -> Answered:
    """Call the function as one of the staff."""
    return call_as(*request, **{"caller": STAFF, **more})


def test_a_new_product_is_stored_under_its_key_and_listed(stub: Stubber) -> None:
    stub.add_response("put_item", {}, {"TableName": "shop", "Item": ANY, "ConditionExpression": ANY})
    answer = call(product_api, "POST", "/products", NOVEL)
    assert answer.status == 201
    assert answer.headers["location"] == f"/products/{answer.body['id']}"
    assert answer.headers["x-correlation-id"] == "request-1"
    assert {name: answer.body[name] for name in NOVEL} == NOVEL


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"price_cents": -1}, "body.price_cents"),
        ({"price_cents": "12"}, "body.price_cents"),
        ({"price_cents": True}, "body.price_cents"),
        ({"stock": 1.5}, "body.stock"),
        ({"name": "  "}, "body.name"),
        ({"category": "Books#1"}, "body.category"),
        ({"colour": "red"}, "body.colour"),
    ],
)
def test_a_product_of_the_wrong_form_is_refused_by_field(wrong: dict[str, Any], field: str) -> None:
    answer = call(product_api, "POST", "/products", {**NOVEL, **wrong})
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.body["errors"]] == [field]


@pytest.mark.parametrize("body", ["{", "\x00", "[" * 100_000, '{"price_cents": ' + "9" * 5_000 + "}"])
def test_a_body_that_is_not_json_is_refused(body: str) -> None:
    answer = call(product_api, "POST", "/products", body)
    assert (answer.status, answer.body["detail"]) == (400, "The body is not JSON.")


@pytest.mark.parametrize("body", ["null", "[]", '"text"', '{"name": "\\ud800"}'])
def test_json_that_is_no_product_is_refused(body: str) -> None:
    assert call(product_api, "POST", "/products", body).status == 422


@pytest.mark.parametrize("kind", ["text/xml", "multipart/form-data", "application/x-www-form-urlencoded", "é"])
def test_another_content_type_is_refused(kind: str) -> None:
    answer = call(product_api, "POST", "/products", "<a/>", headers={"content-type": kind})
    assert (answer.status, answer.headers["content-type"]) == (415, "application/problem+json")


def test_a_product_reads_back(stub: Stubber) -> None:
    stub.add_response(
        "get_item",
        {"Item": STORED},
        {"TableName": "shop", "Key": {"pk": "PRODUCT#p1", "sk": "PRODUCT"}, "ConsistentRead": True},
    )
    answer = call(product_api, "GET", "/products/p1")
    assert (answer.status, answer.body["stock"]) == (200, 5)


@pytest.mark.parametrize("stored", [{}, {"Item": {**STORED, "withdrawn_at": {"S": "2026-02-01"}}}])
def test_a_product_that_is_not_there_or_withdrawn_is_not_found(stub: Stubber, stored: dict[str, Any]) -> None:
    stub.add_response("get_item", stored)
    answer = call(product_api, "GET", "/products/p1")
    assert (answer.status, answer.body["title"]) == (404, "Not Found")


def test_the_catalogue_is_paged_by_a_cursor(stub: Stubber) -> None:
    position = {"pk": "PRODUCT#p1", "sk": "PRODUCT", "listing_pk": "CATALOGUE", "listing_sk": "books#A Novel#p1"}
    last = {name: {"S": value} for name, value in position.items()}
    stub.add_response("query", {"Items": [STORED], "LastEvaluatedKey": last})
    first = call(product_api, "GET", "/products", query={"limit": "1", "category": "books"})
    assert [product["id"] for product in first.body["products"]] == ["p1"]
    expected = {
        "TableName": "shop",
        "IndexName": "Listing",
        "KeyConditionExpression": ANY,
        "Limit": 1,
        "ExclusiveStartKey": position,
    }
    stub.add_response("query", {"Items": []}, expected)
    second = call(product_api, "GET", "/products", query={"limit": "1", "cursor": first.body["next"]})
    assert second.body == {"products": [], "next": None}


def test_a_page_comes_from_the_cache_and_without_one_from_the_table(stub: Stubber, kept: FakeCache) -> None:
    for _ in range(2):
        stub.add_response("query", {"Items": [STORED]})
    told = []
    for kept.gone in (False, False, True):
        answer = call(product_api, "GET", "/products")
        told.append(answer.headers["x-cache"])
        assert [product["available"] for product in answer.body["products"]] == [True]
    assert told == ["miss", "hit", "gone"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/products", NOVEL),
        ("PATCH", "/products/p1", {"price_cents": 1}),
        ("DELETE", "/products/p1", None),
        ("POST", "/products/p1/picture", {"content_type": "image/png"}),
    ],
)
def test_only_the_staff_change_the_catalogue(method: str, path: str, body: Any) -> None:
    assert call(product_api, method, path, body, caller=EVE).status == 403


def test_a_picture_goes_up_as_it_was_announced(stub: Stubber) -> None:
    stub.add_response("get_item", {"Item": STORED})
    form = call(product_api, "POST", "/products/p1/picture", {"content_type": "image/png"}).body
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))["conditions"]
    assert ["content-length-range", 1, 5 * 1024 * 1024] in policy
    assert {"Content-Type": "image/png"} in policy and {"key": "pictures/p1"} in policy
    assert call(product_api, "POST", "/products/p1/picture", {"content_type": "text/html"}).status == 422


def test_a_product_with_a_picture_says_where_it_is(stub: Stubber) -> None:
    stub.add_response("get_item", {"Item": {**STORED, "picture_at": {"S": "2026-01-02"}}})
    body = call(product_api, "GET", "/products/p1").body
    assert "/pictures/p1?" in body["picture_url"] and "X-Amz-Signature=" in body["thumbnail_url"]


@pytest.mark.parametrize("cursor", ["!", "é", "e30x", "WzFd", "eyJwayI6MX0=", "W1tb" * 499, "_w=="])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    assert call(product_api, "GET", "/products", query={"cursor": cursor}).status == 400


def test_a_cursor_of_another_listing_is_refused(stub: Stubber) -> None:
    stub.add_client_error("query", "ValidationException", "The provided starting key is outside query boundaries")
    assert call(product_api, "GET", "/products", query={"cursor": "eyJwayI6ImEifQ=="}).status == 400


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_a_limit_out_of_range_is_refused(limit: str) -> None:
    assert call(product_api, "GET", "/products", query={"limit": limit}).status == 422


def test_a_change_that_lost_the_race_is_a_conflict(stub: Stubber) -> None:
    stub.add_response("get_item", {"Item": STORED})
    stub.add_client_error("update_item", "ConditionalCheckFailedException")
    assert call(product_api, "PATCH", "/products/p1", {"stock_change": -9}).status == 409


def test_an_empty_change_is_refused() -> None:
    assert call(product_api, "PATCH", "/products/p1", {}).status == 422


def test_a_change_keeps_the_rest_and_moves_the_stock(stub: Stubber) -> None:
    changed = {**STORED, "price_cents": {"N": "990"}, "stock": {"N": "8"}, "version": {"N": "2"}}
    stub.add_response("get_item", {"Item": STORED})
    stub.add_response("update_item", {"Attributes": changed})
    answer = call(product_api, "PATCH", "/products/p1", {"price_cents": 990, "stock_change": 3})
    assert (answer.status, answer.body["price_cents"], answer.body["stock"]) == (200, 990, 8)


def test_a_product_that_an_order_is_just_taking_is_tried_again(stub: Stubber) -> None:
    stub.add_client_error("update_item", "TransactionConflictException")
    stub.add_response("update_item", {})
    assert call(product_api, "DELETE", "/products/p1").status == 204


def test_withdrawing_twice_is_not_found(stub: Stubber) -> None:
    stub.add_response("update_item", {})
    stub.add_client_error("update_item", "ConditionalCheckFailedException")
    assert call(product_api, "DELETE", "/products/p1").status == 204
    assert call(product_api, "DELETE", "/products/p1").status == 404


def test_a_failure_tells_the_caller_nothing_of_our_insides(stub: Stubber) -> None:
    stub.add_client_error("get_item", "AccessDeniedException", "User arn:aws:… is not authorized")
    answer = call(product_api, "GET", "/products/p1")
    assert answer.status == 500
    assert "authorized" not in str(answer.body)
    assert answer.headers["x-correlation-id"] == "request-1"
