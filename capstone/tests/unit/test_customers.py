"""Customers: one e-mail address each, and changes that collide."""

from __future__ import annotations

import pytest
from botocore.stub import Stubber

import customer_api
from http_calls import call

STORED = {
    "pk": {"S": "CUSTOMER#c1"},
    "sk": {"S": "CUSTOMER"},
    "id": {"S": "c1"},
    "name": {"S": "Ada"},
    "email": {"S": "ada@example.com"},
    "version": {"N": "1"},
    "created_at": {"S": "2026-01-01T00:00:00.000000Z"},
    "updated_at": {"S": "2026-01-01T00:00:00.000000Z"},
}


def refuse(stub: Stubber, *codes: str) -> None:
    """Lay in a transaction that was cancelled for these reasons."""
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


def test_a_new_customer_claims_their_address(stub: Stubber) -> None:
    stub.add_response("transact_write_items", {})
    answer = call(customer_api, "POST", "/customers", {"name": "Ada", "email": "ada@example.com"})
    assert (answer.status, answer.body["email"], answer.body["address"]) == (201, "ada@example.com", None)


def test_a_taken_address_is_a_conflict(stub: Stubber) -> None:
    refuse(stub, "ConditionalCheckFailed", "None")
    answer = call(customer_api, "POST", "/customers", {"name": "Ada", "email": "ada@example.com"})
    assert (answer.status, answer.body["detail"]) == (409, "Another customer has this e-mail address.")


def test_a_transaction_held_up_by_another_is_tried_again(stub: Stubber) -> None:
    refuse(stub, "TransactionConflict", "None")
    stub.add_response("transact_write_items", {})
    assert call(customer_api, "POST", "/customers", {"name": "Ada", "email": "ada@example.com"}).status == 201


@pytest.mark.parametrize("email", ["ada", "ada@", "@example.com", "a b@example.com", "ada@example"])
def test_what_is_no_address_is_refused(email: str) -> None:
    assert call(customer_api, "POST", "/customers", {"name": "Ada", "email": email}).status == 422


def test_a_new_address_frees_the_old_one(stub: Stubber) -> None:
    stub.add_response("get_item", {"Item": STORED})
    stub.add_response("transact_write_items", {})
    answer = call(customer_api, "PATCH", "/customers/c1", {"email": "lovelace@example.com"})
    assert (answer.status, answer.body["name"], answer.body["version"]) == (200, "Ada", 2)


def test_a_new_address_that_is_taken_is_a_conflict(stub: Stubber) -> None:
    stub.add_response("get_item", {"Item": STORED})
    refuse(stub, "None", "ConditionalCheckFailed", "None")
    assert call(customer_api, "PATCH", "/customers/c1", {"email": "grace@example.com"}).status == 409


def test_a_customer_who_is_not_there_is_not_found(stub: Stubber) -> None:
    stub.add_response("get_item", {})
    assert call(customer_api, "GET", "/customers/c1").status == 404
