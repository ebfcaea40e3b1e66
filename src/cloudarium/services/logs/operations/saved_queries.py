"""Saved queries of Logs Insights."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors
from cloudarium.services.logs.operations.groups import milliseconds
from cloudarium.services.logs.operations.queries import refuse_language
from cloudarium.services.logs.records import queries
from cloudarium.services.logs.records.queries import Definition
from cloudarium.shared import ids, paging

_MOST = 1000  # of an account in a region


@operation("PutQueryDefinition")
def put_query_definition(call: Call) -> dict[str, Any]:
    """Save a query, or change the one whose id is given."""
    refuse_language(call)
    wanted = call.input.get("queryDefinitionId")
    if wanted is not None and queries.find_definition(call.store, call.scope, wanted) is None:
        raise errors.DefinitionNotFound
    if wanted is None and queries.count_definitions(call.store, call.scope) >= _MOST:
        raise errors.LimitExceeded
    definition = Definition(
        wanted or _new_id(call.input.get("clientToken")),
        call.input["name"],
        call.input["queryString"],
        orjson.dumps(call.input.get("logGroupNames") or []).decode(),
        orjson.dumps(call.input.get("parameters") or []).decode(),
        milliseconds(call),
    )
    queries.put_definition(call.store, call.scope, definition)
    return {"queryDefinitionId": definition.id}


@operation("DescribeQueryDefinitions")
def describe_query_definitions(call: Call) -> dict[str, Any]:
    """Saved queries by name, narrowed by a prefix."""
    if call.input.get("queryLanguage", "CWLI") != "CWLI":
        return {"queryDefinitions": []}
    limit = call.input.get("maxResults", _MOST)
    prefix = call.input.get("queryDefinitionNamePrefix", "")
    found = queries.definitions(call.store, call.scope, prefix, _after(call), limit + 1)
    shown = [_shown(each) for each in found[:limit]]
    more = {"nextToken": paging.encode([found[limit - 1].name, found[limit - 1].id])} if len(found) > limit else {}
    return {"queryDefinitions": shown, **more}


@operation("DeleteQueryDefinition")
def delete_query_definition(call: Call) -> dict[str, Any]:
    """Delete a saved query."""
    if not queries.remove_definition(call.store, call.scope, call.input["queryDefinitionId"]):
        raise errors.DefinitionNotFound
    return {"success": True}


def _new_id(token: str | None) -> str:
    """An id: the same for the same token, so that a call that comes again changes what it made."""
    if token is None:
        return ids.uuid()
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _after(call: Call) -> tuple[str, str]:
    token = call.input.get("nextToken")
    try:
        name, definition_id = ("", "") if token is None else paging.decode(token)
    except (ValueError, TypeError):
        name = definition_id = None
    if not isinstance(name, str) or not isinstance(definition_id, str):
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    return name, definition_id


def _shown(definition: Definition) -> dict[str, Any]:
    shown = {
        "queryLanguage": "CWLI",
        "queryDefinitionId": definition.id,
        "name": definition.name,
        "queryString": definition.text,
        "lastModified": definition.modified,
        "logGroupNames": orjson.loads(definition.groups),
    }
    parameters = orjson.loads(definition.parameters)
    return {**shown, "parameters": parameters} if parameters else shown
