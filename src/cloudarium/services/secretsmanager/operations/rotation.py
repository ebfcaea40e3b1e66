"""Rotation: a function makes a new value and puts it to use, once or on a schedule. background.py goes the steps."""

from __future__ import annotations

import re
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy.principal import Principal
from cloudarium.services.secretsmanager import errors, resources
from cloudarium.services.secretsmanager.operations import content, lookup
from cloudarium.services.secretsmanager.records import rotations, secrets, versions
from cloudarium.services.secretsmanager.records.rotations import Rotation
from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.services.secretsmanager.records.versions import Version
from cloudarium.services.secretsmanager.rules import schedule, stages
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?")
_EXTERNAL = ("ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn")


def as_service(secret: Secret) -> Data:
    """How Secrets Manager calls a secret's function: as itself, for this secret."""
    return {
        "as_": Principal.service("secretsmanager.amazonaws.com", secret.scope.account),
        "context": {"aws:SourceArn": secret.arn, "aws:SourceAccount": secret.scope.account},
        "scope": secret.scope,
    }


@operation("RotateSecret", on=resources.rotated, refuses=_EXTERNAL)
async def rotate_secret(call: Call) -> Data:
    """Have a function rotate a secret, from now on by the rules; RotateImmediately=false only tries the function."""
    token = lookup.token(call, errors.InvalidParameter)
    found = lookup.to_change(call)
    function = call.input.get("RotationLambdaARN") or found.data.get("RotationLambdaARN")
    rules = call.input.get("RotationRules") or found.data.get("RotationRules")
    if not function:
        raise errors.InvalidRequest("No Lambda rotation function ARN is associated with this secret.")
    if not _FUNCTION.fullmatch(function):
        raise errors.InvalidParameter("The RotationLambdaARN is not the ARN of a Lambda function.")
    if rules and call.input.get("RotationRules"):
        schedule.check(rules)
    await _may_invoke(call, found, function)
    now = call.input.get("RotateImmediately", True)
    tried = None if now else await _like_current(call, found, token)
    with call.transaction():
        found = lookup.live_secret(call, found.arn)
        if _is_pending(call, found):
            raise errors.InvalidRequest("A previous rotation isn't complete. That rotation will be reattempted.")
        data = {**found.data, "RotationEnabled": True, "RotationLambdaARN": function, "LastChangedDate": call.now}
        if rules:
            data["RotationRules"] = rules
        found = found._replace(data=data)
        secrets.put(call.store, found)
        plan(call, found)
        begin(call, found, token, trial=not now, value=tried)
    return lookup.named(found, **({"VersionId": token} if now else {}))


async def _like_current(call: Call, found: Secret, token: str) -> Version | None:
    """A version with the present value, on which the function is tried; None where there is no value."""
    current = stages.holder(lookup.labels(call, found), stages.CURRENT)
    version = versions.find(call.store, found, current) if current is not None else None
    known = await content.opened(call, found, version) if version is not None else None
    if known is None:
        return None
    return await content.sealed_version(call, found, token, known, found.data.get("KmsKeyId"))


async def _may_invoke(call: Call, found: Secret, function: str) -> None:
    try:
        given = {"FunctionName": function, "InvocationType": "DryRun"}
        await call.send("lambda", "Invoke", given, **as_service(found))
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise
        raise errors.MayNotInvoke from None


def _is_pending(call: Call, found: Secret) -> bool:
    labels = lookup.labels(call, found)
    pending = stages.holder(labels, stages.PENDING)
    return pending is not None and pending != stages.holder(labels, stages.CURRENT)


def begin(call: Call, found: Secret, token: str, trial: bool = False, value: Version | None = None) -> None:
    """Make the version that a rotation is to fill, labelled AWSPENDING, and have the steps begin.

    On trial it has the present value: a test in moto's suite that was run against AWS reads it there.
    """
    every = versions.every(call.store, found)
    if versions.find(call.store, found, token) is None:
        place = max((version.place for version in every), default=0) + 1
        data = {"CreatedDate": call.now, "KmsKeyId": found.data.get("KmsKeyId"), "Member": "SecretString"}
        made = value or Version(token, 0, None, [], data)
        versions.put(call.store, found, made._replace(place=place))
    for id, labels in stages.moved(lookup.labels(call, found), token, [stages.PENDING]).items():
        versions.relabel(call.store, found, id, labels)
    first = STEPS[2] if trial else STEPS[0]
    rotations.put(call.store, found, Rotation(token, first, 0, trial))
    lookup.later(call, found, "Rotate")


def plan(call: Call, found: Secret) -> None:
    """Set the next rotation of a secret by its rules, if it has some."""
    rules = found.data.get("RotationRules")
    if not rules or not found.data.get("RotationEnabled"):
        lookup.not_later(call, found, "ScheduledRotation")
        return
    window = schedule.next_window(rules, call.now)
    secrets.put(call.store, found._replace(data={**found.data, "NextRotationDate": window.end}))
    lookup.later(call, found, "ScheduledRotation", window.start)


def stop(call: Call, found: Secret) -> None:
    """Have nothing more happen to a secret by itself."""
    rotations.remove(call.store, found)
    for kind in ("Rotate", "ScheduledRotation"):
        lookup.not_later(call, found, kind)


@operation("CancelRotateSecret", on=resources.secret)
def cancel_rotate_secret(call: Call) -> Data:
    """End the schedule and a rotation under way, whose version keeps its label AWSPENDING."""
    found = lookup.to_change(call)
    under_way = rotations.find(call.store, found)
    stop(call, found)
    data = {name: value for name, value in found.data.items() if name != "NextRotationDate"}
    if "RotationEnabled" in data:
        data["RotationEnabled"] = False
    secrets.put(call.store, found._replace(data=data))
    return lookup.named(found, **({"VersionId": under_way.version} if under_way is not None else {}))
