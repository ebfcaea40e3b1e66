"""How an account's traces are kept in a region: under which key, where, and how many of them are indexed."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.xray import errors, records, resources
from cloudarium.services.xray.operations import tagging
from cloudarium.shared.errors import AwsError, NotBuilt

_ENCRYPTION = "encryption"
_INDEXING = "indexing"
_INDEXED = 1.0  # per cent, as AWS begins with


@operation("GetEncryptionConfig")
def get_encryption_config(call: Call) -> dict[str, Any]:
    """Under which key traces are kept."""
    found = records.setting(call.store, call.scope, _ENCRYPTION) or {"Type": "NONE"}
    return {"EncryptionConfig": {**found, "Status": "ACTIVE"}}


@operation("PutEncryptionConfig")
async def put_encryption_config(call: Call) -> dict[str, Any]:
    """Say under which key traces are kept from now on; KMS is asked for it in the name of whoever calls."""
    kind, key = call.input["Type"], call.input.get("KeyId")
    if kind == "NONE" and key is not None:
        raise errors.Invalid("KeyId must not be specified when the encryption type is NONE")
    made: dict[str, Any] = {"Type": kind}
    if kind == "KMS":
        if key is None:
            raise errors.Invalid("KeyId must be specified when the encryption type is KMS")
        made["KeyId"] = await _usable(call, key)
    with call.transaction():
        records.put_setting(call.store, call.scope, _ENCRYPTION, made)
    return {"EncryptionConfig": {**made, "Status": "UPDATING"}}


async def _usable(call: Call, key: str) -> str:
    """The ARN of a key that the caller may use through X-Ray. Raises Invalid."""
    context = {"kms:ViaService": f"xray.{call.region}.amazonaws.com"}
    given = {"KeyId": key, "KeySpec": "AES_256"}
    try:
        made = await call.send("kms", "GenerateDataKeyWithoutPlaintext", given, context=context)
    except AwsError as error:
        if "AccessDenied" in error.code or (error.status or 400) >= 500:
            raise
        raise errors.Invalid(error.message) from None
    return str(made["KeyId"])


@operation("GetTraceSegmentDestination")
def get_trace_segment_destination(call: Call) -> dict[str, Any]:
    """Where segments are kept: in X-Ray itself."""
    return {"Destination": "XRay", "Status": "ACTIVE"}


@operation(
    "UpdateTraceSegmentDestination",
    context=resources.destination,
    refuses=("CloudWatchLogsConfiguration",),
)
def update_trace_segment_destination(call: Call) -> dict[str, Any]:
    """Keep segments in X-Ray itself, where they are; to keep them in CloudWatch Logs is not built."""
    if call.input.get("Destination", "XRay") != "XRay":
        raise NotBuilt("xray trace segments in CloudWatch Logs (Transaction Search)")
    return {"Destination": "XRay", "Status": "ACTIVE"}


@operation("GetIndexingRules")
def get_indexing_rules(call: Call) -> dict[str, Any]:
    """How many of the spans in CloudWatch Logs are indexed as traces; there is one rule, the default one."""
    tagging.page_key(call)
    return {"IndexingRules": [_indexing(call)]}


@operation("UpdateIndexingRule")
def update_indexing_rule(call: Call) -> dict[str, Any]:
    """Say how many of the spans in CloudWatch Logs are to be indexed; what X-Ray keeps itself all is."""
    name = call.input["Name"]
    if name != resources.DEFAULT:
        raise errors.NotFound(name)
    wanted = (call.input["Rule"].get("Probabilistic") or {}).get("DesiredSamplingPercentage")
    if wanted is None or not 0 <= wanted <= 100:
        raise errors.Invalid("DesiredSamplingPercentage must be between 0 and 100")
    records.put_setting(call.store, call.scope, _INDEXING, {"Percentage": wanted, "ModifiedAt": call.now})
    return {"IndexingRule": _indexing(call)}


def _indexing(call: Call) -> dict[str, Any]:
    found = records.setting(call.store, call.scope, _INDEXING) or {"Percentage": _INDEXED, "ModifiedAt": 0.0}
    share = {"DesiredSamplingPercentage": found["Percentage"], "ActualSamplingPercentage": found["Percentage"]}
    return {"Name": resources.DEFAULT, "ModifiedAt": found["ModifiedAt"], "Rule": {"Probabilistic": share}}
