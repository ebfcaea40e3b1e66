"""Listing of secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.secretsmanager.operations import lookup
from cloudarium.services.secretsmanager.operations.secrets import described
from cloudarium.services.secretsmanager.records import secrets
from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.services.secretsmanager.rules import filters

Data = dict[str, Any]
_SORTED_BY = {
    "created-date": "CreatedDate",
    "last-changed-date": "LastChangedDate",
    "last-accessed-date": "LastAccessedDate",
}


@operation("ListSecrets")
def list_secrets(call: Call) -> Data:
    """The secrets that pass the filters, by default the oldest first and without those that are to go."""
    given = call.input
    found = matching(call, given.get("Filters") or (), bool(given.get("IncludePlannedDeletion")))
    member = _SORTED_BY.get(given.get("SortBy") or "created-date")
    keyed: list[tuple[Any, Secret]] = [
        ([each.data.get(member) or 0 if member else 0, each.name], each) for each in found
    ]
    keyed.sort(key=lambda pair: pair[0], reverse=given.get("SortOrder") == "desc")
    shown, more = lookup.page(call, keyed, given.get("MaxResults") or 100)
    return {"SecretList": [_listed(call, each) for each in shown], **more}


def matching(call: Call, wanted: Sequence[Data], planned: bool = False) -> list[Secret]:
    """The secrets of the caller's account that pass the filters, by name."""
    filters.check(wanted)
    found = [each for each in secrets.every(call.store, call.scope) if planned or each.deleted is None]
    return [each for each in found if filters.fit(wanted, _searched(call, each))] if wanted else found


def _searched(call: Call, secret: Secret) -> filters.Searched:
    data, tags = secret.data, call.tags.of(secret.arn)
    return filters.Searched(
        secret.name, data.get("Description") or "", secret.scope.region, data.get("OwningService") or "", tags
    )


def _listed(call: Call, secret: Secret) -> Data:
    labels = {id: stages for id, stages in lookup.labels(call, secret).items() if stages}
    return {**described(call, secret), **({"SecretVersionsToStages": labels} if labels else {})}
