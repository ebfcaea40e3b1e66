"""Resource policies."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared import ids
from cloudarium.store import Store

POLICIES = "lambda policies"  # the store's topic for all resource policies


class Policy(NamedTuple):
    """A resource policy."""

    statements_json: str
    revision: str

    @property
    def statements(self) -> list[dict[str, Any]]:
        """The statements in the order they were added."""
        return orjson.loads(self.statements_json)


def find_policy(store: Store, arn: str) -> Policy | None:
    """The resource policy of a function, version, alias or layer version."""
    return store.one("SELECT statements, revision FROM lambda_policies WHERE arn=?", (arn,), Policy)


def policies_on(store: Store, text: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """(ARN, statements) of every resource policy in which a text occurs."""
    rows = store.all("SELECT arn, statements FROM lambda_policies WHERE instr(statements, ?)", (text,))
    return [(arn, orjson.loads(statements)) for arn, statements in rows]


def put_policy(store: Store, arn: str, statements: list[dict[str, Any]]) -> str:
    """Set a resource policy (no statements: take it away) and give its new revision."""
    revision = ids.uuid()
    if statements:
        store.run(
            "INSERT OR REPLACE INTO lambda_policies VALUES (?, ?, ?)",
            (arn, orjson.dumps(statements).decode(), revision),
        )
    else:
        store.run("DELETE FROM lambda_policies WHERE arn=?", (arn,))
    store.changed(POLICIES)
    return revision
