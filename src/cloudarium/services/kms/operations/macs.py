"""Message authentication codes."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, primitives, resources, vault
from cloudarium.services.kms.operations.lookup import current, locate, stop_if_dry, usable
from cloudarium.services.kms.rules import specs

Data = dict[str, Any]


def _mac(call: Call) -> tuple[str, str, bytes]:
    """(the key's ARN, the algorithm, the MAC of the message in the request)."""
    key = usable(call, locate(call, call.input["KeyId"]), specs.MAC)
    algorithm = call.input["MacAlgorithm"]
    specs.check_algorithm(key.spec, key.usage, algorithm)
    secret = vault.opened(call, key, current(call, key), primitives.raw)
    return key.arn, algorithm, primitives.mac(secret, algorithm, call.input["Message"])


@operation("GenerateMac", on=resources.key, context=resources.encrypting)
def generate_mac(call: Call) -> Data:
    """The MAC of a message."""
    arn, algorithm, made = _mac(call)
    stop_if_dry(call)
    return {"KeyId": arn, "Mac": made, "MacAlgorithm": algorithm}


@operation("VerifyMac", on=resources.key, context=resources.encrypting)
def verify_mac(call: Call) -> Data:
    """Whether a MAC is that of the message: anything else is an error."""
    arn, algorithm, made = _mac(call)
    if not primitives.same(made, call.input["Mac"]):
        raise errors.InvalidMac
    stop_if_dry(call)
    return {"KeyId": arn, "MacValid": True, "MacAlgorithm": algorithm}
