"""What is kept of VPCs: one row for each thing in them, as EC2 describes it."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]
TOPIC = "vpc"  # grows with every change, so that what is derived can be remembered

VPC, SUBNET, GROUP, RULE = "vpc", "subnet", "security-group", "security-group-rule"
ROUTE_TABLE, ACL, INTERFACE = "route-table", "network-acl", "network-interface"
INTERNET_GATEWAY, NAT_GATEWAY, ADDRESS = "internet-gateway", "natgateway", "elastic-ip"
ENDPOINT, DHCP_OPTIONS, PREFIX_LIST = "vpc-endpoint", "dhcp-options", "prefix-list"
PEERING = "vpc-peering-connection"
ANSWER = "answer"  # what a call with a token got, which it gets again


def put(store: Store, scope: Scope, kind: str, id: str, data: Data, parent: str = "") -> None:
    """Keep a thing, new or changed."""
    sql = "INSERT OR REPLACE INTO vpc_resources VALUES (?, ?, ?, ?, ?, ?)"
    store.run(sql, (*scope, kind, id, parent, orjson.dumps(data)))
    store.changed(TOPIC)


def remove(store: Store, scope: Scope, kind: str, id: str) -> None:
    """Forget a thing."""
    store.run("DELETE FROM vpc_resources WHERE account = ? AND region = ? AND kind = ? AND id = ?", (*scope, kind, id))
    store.changed(TOPIC)


def find(store: Store, scope: Scope, kind: str, id: str) -> Data | None:
    """The thing of a kind with an id."""
    sql = "SELECT data FROM vpc_resources WHERE account = ? AND region = ? AND kind = ? AND id = ?"
    row = store.one(sql, (*scope, kind, id))
    return orjson.loads(row[0]) if row is not None else None


def every(store: Store, scope: Scope, kind: str) -> list[Data]:
    """All things of a kind, by their ids."""
    sql = "SELECT data FROM vpc_resources WHERE account = ? AND region = ? AND kind = ? ORDER BY id"
    return [orjson.loads(row[0]) for row in store.all(sql, (*scope, kind))]


def within(store: Store, scope: Scope, parent: str, kind: str) -> list[Data]:
    """All things of a kind that lie in a VPC, or the rules of a security group."""
    sql = "SELECT data FROM vpc_resources WHERE account = ? AND region = ? AND parent = ? AND kind = ? ORDER BY id"
    return [orjson.loads(row[0]) for row in store.all(sql, (*scope, parent, kind))]
