"""Denials that only who may decode them can read: what EC2 adds to its own, and STS makes readable.

A message is sealed, for the account of whoever was denied, under a key of the cloud's own.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.gateway.call import Call
from cloudarium.gateway.context import RequestContext
from cloudarium.policy.conditions import texts
from cloudarium.policy.documents import StatementRef
from cloudarium.policy.engine import Reason
from cloudarium.policy.grammar import listed
from cloudarium.policy.principal import context_of
from cloudarium.policy.ruling import Ruling
from cloudarium.shared import ids
from cloudarium.store.keys import master_key

_NONCE = 12
_KEY = "denials"
_LONGEST = 64 * 1024  # bytes of a message in the clear


def encoded(call: Call, ruling: Ruling) -> str:
    """The reasons of a denial, sealed for the caller's account."""
    told = zlib.compress(orjson.dumps(_told(call, ruling)))
    nonce = ids.data(_NONCE)
    sealed = AESGCM(_key(call)).encrypt(nonce, told, ruling.principal.account.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def decoded(call: Call, message: str) -> str:
    """The reasons as JSON. Raises ValueError when nobody of the caller's account was given such a message."""
    try:
        sealed = base64.b64decode(message.encode("ascii"), b"-_", validate=True)
        told = AESGCM(_key(call)).decrypt(sealed[:_NONCE], sealed[_NONCE:], call.principal.account.encode())
    except (UnicodeEncodeError, binascii.Error, InvalidTag, ValueError) as error:
        raise ValueError("no message of this cloud's") from error
    return zlib.decompressobj().decompress(told, _LONGEST).decode()


def _key(call: Call) -> bytes:
    return master_key(call.store.folder, _KEY)


def _told(call: Call, ruling: Ruling) -> dict[str, Any]:
    """In the form that AWS documents for DecodeAuthorizationMessage."""
    principal = ruling.principal
    keys = {
        **context_of(principal),
        **RequestContext(call, ruling.action, ruling.resource, ruling.account, {}).gather(),
        **(ruling.context or {}),
    }
    explicit = ruling.decision.reason is Reason.EXPLICIT_DENY
    return {
        "allowed": False,
        "explicitDeny": explicit,
        "matchedStatements": {"items": [_statement(ref) for ref in ruling.decision.deciding]},
        "failures": {"items": []},
        "context": {
            "principal": {"id": principal.id, "name": principal.name, "arn": principal.arn},
            "action": ruling.action,
            "resource": ruling.resource,
            "conditions": {"items": [_condition(key, texts(value)) for key, value in keys.items()]},
        },
    }


def _statement(ref: StatementRef) -> dict[str, Any]:
    written = orjson.loads(ref.text)
    named = written.get("Principal", [])
    principals = [one for each in named.values() for one in listed(each)] if isinstance(named, dict) else listed(named)
    return {
        "statementId": ref.sid,
        "effect": str(written["Effect"]).upper(),
        "principals": _items(principals),
        "principalGroups": _items([]),
        "actions": _items(listed(written.get("Action", written.get("NotAction", [])))),
        "resources": _items(listed(written.get("Resource", written.get("NotResource", [])))),
        "conditions": {
            "items": [
                _condition(key, texts(wanted))
                for block in written.get("Condition", {}).values()
                for key, wanted in block.items()
            ]
        },
    }


def _condition(key: str, values: Any) -> dict[str, Any]:
    return {"key": key, "values": _items(values)}


def _items(values: Any) -> dict[str, Any]:
    return {"items": [{"value": value} for value in values]}
