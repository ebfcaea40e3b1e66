"""EC2's way of trying: an operation with `DryRun` is carried out to its end and then taken back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import On
from cloudarium.gateway.operation import operation as register
from cloudarium.services.ec2 import defaults, errors
from cloudarium.vpc import records
from cloudarium.vpc.live import wires

Data = dict[str, Any]
ANSWERS_STAY = 86_400.0
Handler = Callable[[Call], Data]
# Parameters that EC2 misses by another name.
_REQUIRED = {
    "Resources": "resourceIdSet",
    "Tags": "Tag",
    "Description": "GroupDescription",
    "GroupName": "GroupName",
}


def operation(
    name: str,
    *,
    on: On | None = None,
    context: Callable[[Call], Mapping[str, Any]] | None = None,
    refuses: Sequence[str] = (),
    ignores: Mapping[str, str] | None = None,
) -> Callable[[Handler], Handler]:
    """Register a handler, as `gateway.operation` does.

    The account's default VPC is there when it runs. What it changed reaches running functions once it is committed.
    With `DryRun` it ends in DryRunOperation, and so its transaction is rolled back. A stack calls with a `_Token`,
    which no request from outside can have: the same call again gets the answer that it got before.
    """

    def wrap(function: Handler) -> Handler:
        @functools.wraps(function)
        def handler(call: Call) -> Data:
            _check(call)
            before = call.store.version(records.TOPIC)
            defaults.ensure(call)
            token = call.input.get("_Token", "")
            given = records.find(call.store, call.scope, records.ANSWER, token) if token else None
            if given is not None:
                return given
            output = function(call)
            if call.input.get("DryRun"):
                raise errors.DryRun
            if token:
                records.put(call.store, call.scope, records.ANSWER, token, output)
                call.later("ForgetAnswer", {"Token": token}, due=call.now + ANSWERS_STAY)
            if call.store.version(records.TOPIC) != before:
                wires(call.cloud).changed_soon()
            return output

        register(name, on=on, context=context, refuses=refuses, ignores=ignores)(handler)
        return handler

    return wrap


def _check(call: Call) -> None:
    """Raise for a parameter that the model requires and the call does not have: EC2 names the first."""
    shape = call.operation.input if call.operation is not None else None
    for name in shape.required if shape is not None else ():
        if call.input.get(name) in (None, "", []):
            raise errors.Missing(_REQUIRED.get(name) or name[0].lower() + name[1:])
