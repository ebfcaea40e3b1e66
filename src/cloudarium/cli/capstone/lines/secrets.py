"""Line 2: what is secret is in Secrets Manager, and nowhere else: not in a variable, the template or the code."""

from __future__ import annotations

import io
import json
import re
import urllib.request
import zipfile
from collections.abc import Iterator
from typing import Any

from cloudarium.cli.capstone.checklist import Coming, Found
from cloudarium.cli.capstone.stack import Stack

_SECRET = "AWS::SecretsManager::Secret"
_POLICY = "AWS::SecretsManager::ResourcePolicy"
_READ = "secretsmanager:GetSecretValue"
_MOVE = "put it into Secrets Manager, hand the function the secret's ARN, and change what is exposed"
_SHORTEST = 16  # characters of a generated value; shorter ones are names
_LARGEST = 50_000_000  # bytes of a package that is looked through

# A variable with such a name holds a secret, unless it holds something's name.
_TELLING = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|PAYMENT|SIGNING)_?KEY)(_|$)", re.I
)
_FORMS = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:sk|rk|pk)_(?:live|test)_\w{8,}"
    r"|\bgh[pousr]_\w{30,}|\bxox[abp]-[\w-]{10,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.|://[^\s/:@{}]+:[^\s/:@{}]+@"
)
_ASSIGNED = re.compile(r"""(?i)\b\w*(?:password|passwd|secret|token|api_?key)\w*\s*[:=]\s*["'][^"'\s{}$]{8,}["']""")
_SECRET_PROPERTIES = {"Password", "Passwords", "MasterUserPassword", "AuthToken", "SecretString", "ClientSecret"}


def check(stack: Stack, coming: Coming, found: Found) -> None:
    """The stack's secrets are generated and rotate, only who needs one may read it, and nothing else holds one."""
    secrets = _secrets(stack, found)
    values = {value for arn in secrets for value in _values(stack, arn)}
    _variables(stack, values, found)
    _template(stack, values, found)
    _code(stack, values, found)
    _readers(stack, secrets, found)
    rotating = sum(1 for each in secrets.values() if each.get("RotationEnabled"))
    found.sum = f"{len(secrets)} secrets, {rotating} rotate; no variable, template or package holds one"


def _secrets(stack: Stack, found: Found) -> dict[str, dict[str, Any]]:
    client, secrets = stack.reach("secretsmanager"), {}
    for resource in stack.of(_SECRET):
        try:
            secret = client.describe_secret(SecretId=resource.id)
        except client.exceptions.ResourceNotFoundException:
            found.breaks(f"the secret {resource.logical} is gone", "cloudarium capstone down, then up")
            continue
        if "DeletedDate" in secret:
            when = f"{secret['DeletedDate']:%Y-%m-%d}"
            restore = f"aws secretsmanager restore-secret --secret-id {resource.id}"
            found.breaks(f"the secret {resource.id} is to be deleted on {when}", restore)
            continue
        if not secret.get("RotationEnabled"):
            rotate = f"aws secretsmanager rotate-secret --secret-id {resource.id}"
            found.breaks(
                f"the secret {resource.id} does not rotate", f"a RotationSchedule in the template, or {rotate}"
            )
        if "ResourcePolicy" in client.get_resource_policy(SecretId=resource.id) and not stack.of(_POLICY):
            delete = f"aws secretsmanager delete-resource-policy --secret-id {resource.id}"
            found.breaks(f"the secret {resource.id} has a policy that is not in the template", delete)
        secrets[resource.id] = secret
        days = secret.get("RotationRules", {}).get("AutomaticallyAfterDays", "?")
        found.saw(f"{resource.id}, every {days} days by {secret.get('RotationLambdaARN', '').rpartition(':')[2]}")
    if not secrets and not found.broken:
        found.breaks("the stack has no secret in Secrets Manager", "add an AWS::SecretsManager::Secret")
    return secrets


def _values(stack: Stack, arn: str) -> Iterator[str]:
    """What is secret in a secret: its long texts. They are compared with what is deployed and never shown."""
    text = stack.reach("secretsmanager").get_secret_value(SecretId=arn).get("SecretString", "")
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    texts = value.values() if isinstance(value, dict) else [value]
    yield from (each for each in texts if isinstance(each, str) and len(each) >= _SHORTEST)


# ---- Where secrets must not be --------------------------------------------------------------------------------------


def _variables(stack: Stack, values: set[str], found: Found) -> None:
    names = {each.id for each in stack.resources}
    count = 0
    for function in stack.functions:
        for name, value in function.get("Environment", {}).get("Variables", {}).items():
            count += 1
            is_name = value in names or value.startswith("arn:")
            if holds(value, values) or (_TELLING.search(name) and not is_name):
                found.breaks(f"{function['FunctionName']} has a secret in its variable {name}", _MOVE)
    found.saw(f"{count} environment variables of {len(stack.functions)} functions: names and ARNs alone")


def _template(stack: Stack, values: set[str], found: Found) -> None:
    text = json.dumps([stack.code, stack.parameters], ensure_ascii=False)
    if holds(text, values):
        found.breaks("the deployed template or one of its parameters holds a secret", _MOVE)
    for name, resource in stack.code.get("Resources", {}).items():
        for key, value in _properties(resource.get("Properties", {})):
            if key in _SECRET_PROPERTIES and any(_is_plain(each) for each in _listed(value)):
                found.breaks(f"{key} of {name} is written in the template", "{{resolve:secretsmanager:…}} reads it")
    found.saw("the template generates its secrets and resolves them by {{resolve:secretsmanager:…}}")


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and not value.startswith("{{resolve:")


def _properties(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
        for each in value.values():
            yield from _properties(each)
    elif isinstance(value, list):
        for each in value:
            yield from _properties(each)


def _code(stack: Stack, values: set[str], found: Found) -> None:
    files = 0
    for name, url in _packages(stack):
        for path, text in _written(url):
            files += 1
            if holds(text, values) or _ASSIGNED.search(text):
                found.breaks(f"{path} in the code of {name} holds a secret", _MOVE)
    found.saw(f"{files} files of deployed code, read: none holds a secret")


def _packages(stack: Stack) -> Iterator[tuple[str, str]]:
    client = stack.reach("lambda")
    for function in stack.functions:
        if function["CodeSize"] < _LARGEST:
            name = function["FunctionName"]
            yield name, client.get_function(FunctionName=name)["Code"]["Location"]
    for layer in {each["Arn"]: each for one in stack.functions for each in one.get("Layers", [])}.values():
        if layer["CodeSize"] < _LARGEST:
            yield layer["Arn"], client.get_layer_version_by_arn(Arn=layer["Arn"])["Content"]["Location"]


def _written(url: str) -> Iterator[tuple[str, str]]:
    """The texts of a package that its author has written: what pip installed names itself in a RECORD."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    installed: set[str] = set()
    for record in (name for name in archive.namelist() if name.endswith(".dist-info/RECORD")):
        folder = record.rpartition("/")[0].rpartition("/")[0]
        listed = archive.read(record).decode(errors="replace").splitlines()
        installed |= {f"{folder}/{line.partition(',')[0]}".lstrip("/") for line in listed}
    for name in archive.namelist():
        if name not in installed and name.endswith((".py", ".json", ".yaml", ".yml", ".toml", ".ini", ".env", ".txt")):
            yield name, archive.read(name).decode(errors="replace")


def holds(text: str, values: set[str]) -> bool:
    """Whether a text has one of these values in it, or something of the form of a well-known secret."""
    return any(value in text for value in values) or bool(_FORMS.search(text))


# ---- Who may read them ----------------------------------------------------------------------------------------------


def _readers(stack: Stack, secrets: dict[str, dict[str, Any]], found: Found) -> None:
    """A function may read the secrets that it is told of, or that it rotates, and no other."""
    denied = 0
    for function in stack.functions:
        told = json.dumps(function.get("Environment", {}))
        for arn, decision, policies in _simulated(stack, function["Role"], list(secrets)):
            needs = arn in told or secrets[arn].get("RotationLambdaARN") == function["FunctionArn"]
            name = function["FunctionName"]
            if decision == "allowed" and not needs:
                found.breaks(
                    f"{name} may read {arn} and has no use for it (by {', '.join(policies)})",
                    f"take {_READ} on it out of the function's policies",
                )
            elif decision == "allowed":
                found.saw(f"{name} may read {arn.rpartition(':')[2]} by {', '.join(policies)}")
            elif needs:
                found.breaks(f"{name} may not read {arn}, which it needs", f"allow {_READ} on it in the template")
            else:
                denied += 1
    found.saw(f"IAM denies {_READ} to functions that have no use for the secret: {denied} of {denied} simulated")


def _simulated(stack: Stack, role: str, arns: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    if not arns:
        return
    answer = stack.reach("iam").simulate_principal_policy(PolicySourceArn=role, ActionNames=[_READ], ResourceArns=arns)
    for each in answer["EvaluationResults"]:
        by = [statement["SourcePolicyId"].rpartition("_")[2] for statement in each["MatchedStatements"]]
        yield each["EvalResourceName"], each["EvalDecision"], sorted(set(by))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
