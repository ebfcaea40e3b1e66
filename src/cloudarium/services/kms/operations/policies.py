"""Key policies: each key has one, called default."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, resources
from cloudarium.services.kms.operations.keys import check_policy
from cloudarium.services.kms.operations.lookup import limit, locate, marker, paged
from cloudarium.services.kms.records import keys
from cloudarium.services.kms.records.keys import Key
from cloudarium.services.kms.rules import policies

Data = dict[str, Any]


def _key(call: Call) -> Key:
    name = call.input.get("PolicyName") or policies.NAME
    found = locate(call, call.input["KeyId"], by_alias=False, foreign=False)
    if name != policies.NAME:
        raise errors.NotFound("No such policy exists")
    return found


@operation("GetKeyPolicy", on=resources.own_key)
def get_key_policy(call: Call) -> Data:
    """The key policy as it was put."""
    return {"Policy": _key(call).policy, "PolicyName": policies.NAME}


@operation("PutKeyPolicy", on=resources.own_key)
def put_key_policy(call: Call) -> Data:
    """Put another key policy in the place of the present one."""
    key = _key(call)
    text = call.input["Policy"]
    check_policy(call, text, key.arn)
    keys.put(call.store, key._replace(policy=text))
    return {}


@operation("ListKeyPolicies", on=resources.own_key)
def list_key_policies(call: Call) -> Data:
    """The names of a key's policies: there is one."""
    _key(call)
    most, after = limit(call, 100, 1000), marker(call)
    names = [name for name in (policies.NAME,) if name > after]
    return {**paged("PolicyNames", [], False, ""), "PolicyNames": names[:most]}
