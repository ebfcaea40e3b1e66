"""Policies of identities: who else may send from one."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.mail import identities, records
from cloudarium.mail.desk import Data, Desk
from cloudarium.policy.documents import MalformedPolicy, compile_document
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

MOST = 20


def put(desk: Desk, identity: str, data: Data, name: str, policy: str) -> None:
    """Keep a policy of an identity. Raises when it is none, or when the identity has twenty."""
    try:
        compile_document(policy, name, "resource")
    except MalformedPolicy as error:
        raise desk.error(desk.codes.bad_policy, f"Policy is invalid: {error}") from error
    kept = {**data.get("Policies", {}), name: policy}
    if len(kept) > MOST:
        raise desk.error(desk.codes.limit, f"The identity has {MOST} policies already.")
    identities.save(desk, identity, {**data, "Policies": kept})


def remove(desk: Desk, identity: str, data: Data, name: str) -> None:
    """Forget a policy of an identity; one that is not there is no error."""
    kept = {each: text for each, text in data.get("Policies", {}).items() if each != name}
    identities.save(desk, identity, {**data, "Policies": kept})


def of(store: Store, arn: str) -> str | None:
    """All policies of the identity that an ARN names, as one document; None without any."""
    parsed = arns.parse(arn)
    if parsed is None or not parsed.resource.startswith("identity/"):
        return None
    name = identities.normal(parsed.resource.removeprefix("identity/"))
    data = records.get(store, Scope(parsed.account, parsed.region), identities.KIND, name)
    if data is None or not data.get("Policies"):
        return None
    statements: list[Any] = []
    for text in data["Policies"].values():
        found = orjson.loads(text)["Statement"]
        statements += found if isinstance(found, list) else [found]
    return orjson.dumps({"Version": "2012-10-17", "Statement": statements}).decode()
