"""Customers: each their own, and a change leaves the rest alone."""

from __future__ import annotations

import pytest
from botocore.stub import ANY, Stubber

import customer_api
from http_calls import EVE, call

STORED = {
    "pk": {"S": "CUSTOMER#c1"},
    "sk": {"S": "CUSTOMER"},
    "id": {"S": "c1"},
    "name": {"S": "Ada"},
    "email": {"S": "ada@example.com"},
    "created_at": {"S": "2026-01-01T00:00:00.000000Z"},
    "updated_at": {"S": "2026-01-01T00:00:00.000000Z"},
}


def read(customer_id: str) -> dict[str, object]:
    """The read of a customer's record."""
    key = {"pk": f"CUSTOMER#{customer_id}", "sk": "CUSTOMER"}
    return {"TableName": "shop", "Key": key, "ConsistentRead": True}


def test_a_customer_reads_their_own_record(stub: Stubber) -> None:
    stub.add_response("get_item", {"Item": STORED}, read("c1"))
    stub.add_response("get_item", {}, read("c2"))
    assert call(customer_api, "GET", "/customers/me").body["email"] == "ada@example.com"
    assert call(customer_api, "GET", "/customers/me", caller=EVE).status == 404


def test_a_change_leaves_the_rest_alone(stub: Stubber) -> None:
    wanted = {
        "TableName": "shop",
        "Key": {"pk": "CUSTOMER#c1", "sk": "CUSTOMER"},
        "UpdateExpression": "SET #name = :name, #updated_at = :updated_at",
        "ConditionExpression": ANY,
        "ExpressionAttributeNames": ANY,
        "ExpressionAttributeValues": ANY,
        "ReturnValues": "ALL_NEW",
    }
    stub.add_response("update_item", {"Attributes": {**STORED, "name": {"S": "Ada L."}}}, wanted)
    answer = call(customer_api, "PATCH", "/customers/me", {"name": "Ada L."})
    assert (answer.status, answer.body["name"]) == (200, "Ada L.")


def test_who_is_no_customer_changes_nothing(stub: Stubber) -> None:
    stub.add_client_error("update_item", "ConditionalCheckFailedException")
    assert call(customer_api, "PATCH", "/customers/me", {"name": "Nobody"}).status == 404


@pytest.mark.parametrize("body", [{}, {"email": "eve@example.com"}, {"id": "c2"}, {"address": {"city": "London"}}])
def test_what_is_not_theirs_to_change_is_refused(body: dict[str, object]) -> None:
    assert call(customer_api, "PATCH", "/customers/me", body).status == 422
