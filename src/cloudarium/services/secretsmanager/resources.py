"""The ARNs of secrets, what each call touches, and the condition keys."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.services.secretsmanager import vault
from cloudarium.services.secretsmanager.records import secrets
from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.services.secretsmanager.rules import names
from cloudarium.services.secretsmanager.rules.stages import CURRENT
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

POLICY_TOPIC = secrets.TOPIC
TAG_KEYS = ("secretsmanager:ResourceTag",)


def find(store: Store, own: Scope, text: object) -> Secret | None:
    """The secret that a SecretId names, in whatever account of the own region."""
    place = names.place(text, own) if isinstance(text, str) else None
    if place is None or place.scope.region != own.region:
        return None
    found = secrets.find(store, place.scope, place.name)
    if found is None or place.suffix not in ("", found.suffix):
        return None
    return found


def arn_of(call: Call, text: object) -> str:
    """The ARN of the secret that a SecretId names, whether it is there or not."""
    found = find(call.store, call.scope, text)
    if found is not None:
        return found.arn
    if isinstance(text, str) and text.startswith("arn:"):
        return text
    return arns.make("secretsmanager", call.scope, f"secret:{text}-{names.UNKNOWN_SUFFIX}")


def said(call: Call, action: str, resource: str) -> str | None:
    """A denial names the secret as the request did."""
    text = call.input.get("SecretId") or call.input.get("Name")
    return text if isinstance(text, str) and action.startswith("secretsmanager:") else None


# ---- What a call touches ---------------------------------------------------------------------------------------------


def secret(call: Call) -> str:
    """The secret that a call names."""
    return arn_of(call, call.input.get("SecretId"))


def new_secret(call: Call) -> list[str | Need]:
    """A secret to make; to tag it on the way needs the permission to tag."""
    own = arns.make("secretsmanager", call.scope, f"secret:{call.input.get('Name')}-{names.UNKNOWN_SUFFIX}")
    return [own, Need("secretsmanager:TagResource", own)] if call.input.get("Tags") else [own]


def validated(call: Call) -> str:
    """The secret that a policy is tried for, or all of the account."""
    if call.input.get("SecretId"):
        return secret(call)
    return arns.make("secretsmanager", call.scope, "secret:*")


def batch(call: Call) -> list[str | Need]:
    """A batch as such; each of its secrets is asked for when it is read. To filter is to list."""
    return ["*", Need("secretsmanager:ListSecrets", "*")] if call.input.get("Filters") else ["*"]


def rotated(call: Call) -> list[str | Need]:
    """The secret to rotate, and the function that does it, which the caller must be allowed to invoke.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
    """
    function = call.input.get("RotationLambdaARN") or _data(call).get("RotationLambdaARN")
    own: list[str | Need] = [secret(call)]
    if isinstance(function, str) and function.startswith("arn:"):
        own.append(Need("lambda:InvokeFunction", function))
    return own


# ---- Policies --------------------------------------------------------------------------------------------------------


def resource_policy(call: Call, resource: str) -> str | None:
    """The policy of a secret."""
    found = find(call.store, call.scope, resource)
    if found is None or (call.principal.kind == "root" and call.operation_name == "DeleteResourcePolicy"):
        return None  # nobody locks himself out
    return found.policy


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the policies of secrets that name the principal `old` name it `new`."""
    for each in secrets.with_policy_on(store, old.split(":")[4]):
        policy = principals.renamed(each.policy or "", old, new)
        if policy != each.policy:
            secrets.put(store, each._replace(policy=policy))


# ---- Condition keys --------------------------------------------------------------------------------------------------
#
# Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html#iam-contextkeys

_MEMBERS = ("BlockPublicPolicy", "Description", "KmsKeyId", "Name", "RecoveryWindowInDays", "RotationLambdaARN")


def _data(call: Call) -> dict[str, Any]:
    found = find(call.store, call.scope, call.input.get("SecretId"))
    return found.data if found is not None else {}


def conditions(call: Call) -> dict[str, Any]:
    """What a request says of a secret, and what the secret is."""
    given = call.input
    found: dict[str, Any] = {f"secretsmanager:{name}": given[name] for name in _MEMBERS if given.get(name) is not None}
    found["secretsmanager:ForceDeleteWithoutRecovery"] = given.get("ForceDeleteWithoutRecovery") is True
    found["secretsmanager:RotateImmediately"] = given.get("RotateImmediately", True) is not False
    found["secretsmanager:ModifyRotationRules"] = bool(given.get("RotationRules"))
    if given.get("SecretId"):
        found["secretsmanager:SecretId"] = arn_of(call, given["SecretId"])
    if given.get("VersionId"):
        found["secretsmanager:VersionId"] = given["VersionId"]
    stage = given.get("VersionStage") or (None if given.get("VersionId") else CURRENT)
    if stage:
        found["secretsmanager:VersionStage"] = stage
    if given.get("KmsKeyId"):
        here = Secret(call.scope, "", "", None, None, {})
        found["secretsmanager:KmsKeyArn"] = vault.key_of(here, str(given["KmsKeyId"]))
    return found


def resource_conditions(call: Call, resource: str) -> dict[str, Any]:
    """The region and the rotation function of the secret that a decision is about."""
    found = find(call.store, call.scope, resource)
    if found is None:
        return {}
    keys = {"secretsmanager:SecretPrimaryRegion": found.scope.region}
    if found.data.get("RotationLambdaARN"):
        keys["secretsmanager:resource/AllowRotationLambdaArn"] = found.data["RotationLambdaARN"]
    return keys
