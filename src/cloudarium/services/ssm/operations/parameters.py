"""Parameters: put, get, delete, history."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.ssm import errors, matching, policies, records, references, resources, rules, secrets, telling
from cloudarium.services.ssm.records import Version
from cloudarium.shared import paging, tags

Data = dict[str, Any]
_HISTORY_PAGE = 50


def value_of(found: Version, decrypted: bool) -> str | None:
    """The value of a version as this call sees it; None for one that `filled` has to have decrypted."""
    if isinstance(found.value, str):
        return found.value
    return None if decrypted else secrets.shown(found.value)


def filled(call: Call, answer: Data, parameters: list[tuple[Data, Version]]) -> Data | Awaitable[Data]:
    """The answer when every parameter in it has its value: only what is encrypted has to wait for KMS."""
    waiting = [(parameter, version) for parameter, version in parameters if parameter["Value"] is None]
    return _fill(call, answer, waiting) if waiting else answer


async def _fill(call: Call, answer: Data, waiting: list[tuple[Data, Version]]) -> Data:
    for parameter, version in waiting:
        parameter["Value"] = await secrets.unseal(call, version)
    return answer


def shown(call: Call, found: Version, decrypted: bool, selector: str = "", asked: str = "") -> Data:
    """A version as GetParameter answers it, under the name that was asked for (an ARN is none)."""
    parameter = {
        "Name": found.name if not asked or asked.startswith("arn:") else asked,
        "Type": found.data["Type"],
        "Value": value_of(found, decrypted),
        "Version": found.version,
        "LastModifiedDate": found.data["LastModifiedDate"],
        "ARN": resources.parameter_arn(call.scope, found.name),
        "DataType": found.data["DataType"],
    }
    if selector:
        parameter["Selector"] = f":{selector}"
    return parameter


def find(call: Call, text: str) -> Version | None:
    """The newest version of the parameter that a name or ARN (without selector) names."""
    scope, names = resources.locate(text, call.scope)
    if scope != call.scope:
        return None
    for name in names:
        found = records.latest(call.store, scope, name)
        if found is not None:
            return found
    return None


def select(call: Call, text: str) -> tuple[Version, str]:
    """The version that `name`, `name:version` or `name:label` names, and the selector."""
    name, selector = resources.split(text)
    found = find(call, name)
    if found is None or ":" in selector:
        raise errors.ParameterNotFound
    if not selector:
        return found, ""
    if selector.isascii() and selector.isdecimal() and len(selector) < 18:
        chosen = records.version(call.store, call.scope, found.name, int(selector))
    else:
        every = records.versions(call.store, call.scope, found.name)
        chosen = next((each for each in every if selector in each.labels), None)
    if chosen is None:
        raise errors.VersionNotFound(found.name, selector)
    return chosen, selector


@operation("PutParameter", on=resources.new_parameter)
async def put_parameter(call: Call) -> Data:
    """Make a parameter, or with `Overwrite` its next version; what an overwrite does not say stays as it was."""
    name, value = call.input["Name"], call.input["Value"]
    rules.check_name(name)
    old = find(call, name)
    kind = _check_against(call, old)
    rules.check_value(value)
    kept = _policies(call, old)
    data = _data(call, old, kind, kept)
    if data.get("AllowedPattern"):
        fits = await matching.fits(data["AllowedPattern"], value)
        if not fits:
            raise (errors.InvalidPattern if fits is None else errors.PatternMismatch)(data["AllowedPattern"])
    sealed: str | bytes = value
    if kind == "SecureString":
        sealed, data["Sealed"] = await secrets.seal(call, name, data["KeyId"], data["Tier"], value)
    with call.transaction():
        current = find(call, name)  # another call may have been quicker meanwhile
        if current is not None:
            _check_against(call, current)
            name = current.name
        number = current.version + 1 if current is not None else 1
        _make_room(call, name, current, data["Tier"])
        records.add_version(call.store, call.scope, Version(name, number, sealed, [], data))
        if call.input.get("Tags"):
            call.tags.put(resources.parameter_arn(call.scope, name), tags.from_list(call.input["Tags"]))
        if kept.shown or (current is not None and current.data.get("Policies")):
            telling.schedule(call, name, number, kept)
        telling.change(call, "Update" if current is not None else "Create", name, data)
    return {"Version": number, "Tier": data["Tier"]}


def _check_against(call: Call, old: Version | None) -> str:
    """The parameter's type. Raises when the put does not go with what is there."""
    kind = call.input.get("Type")
    if call.input.get("Tags"):
        if call.input.get("Overwrite"):
            raise errors.Invalid(
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please "
                "remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
                "RemoveTagsFromResource."
            )
        wrong = tags.problem(tags.from_list(call.input["Tags"]))
        if wrong:
            raise errors.Invalid(wrong)
    if old is None:
        if kind is None:
            raise errors.Invalid("A parameter type is required when you create a parameter.")
        return kind
    if not call.input.get("Overwrite"):
        raise errors.AlreadyExists
    if kind is not None and kind != old.data["Type"]:
        raise errors.TypeMismatch(old.data["Type"], kind)
    return old.data["Type"]


def _policies(call: Call, old: Version | None) -> policies.Policies:
    """The policies of the new version: those that are given, or else those that the parameter has."""
    text = call.input.get("Policies")
    if text is None and old is not None:
        given = [orjson.loads(policy["PolicyText"]) for policy in old.data.get("Policies") or ()]
    else:
        given = policies.read(text or "")
    found = policies.of(given, call.now)
    if found.notices:
        telling.check_built()
    return found


def _data(call: Call, old: Version | None, kind: str, kept: policies.Policies) -> Data:
    """Everything about the new version but its value."""
    before = old.data if old is not None else {}
    data: Data = {name: before[name] for name in ("Description", "AllowedPattern") if name in before}
    for name in ("Description", "AllowedPattern"):
        if call.input.get(name):
            data[name] = call.input[name]
        elif name in call.input:  # an empty one takes the old one away
            data.pop(name, None)
    data |= {"Policies": kept.shown, "Expires": kept.expires} if kept.shown else {}
    data_type = call.input.get("DataType") or before.get("DataType") or "text"
    rules.check_data_type(data_type)
    if kind == "SecureString":
        data["KeyId"] = call.input.get("KeyId") or rules.DEFAULT_KEY
    elif call.input.get("KeyId"):
        raise errors.Invalid("KeyId is only valid for parameters of type SecureString.")
    return {
        **data,
        "Type": kind,
        "DataType": data_type,
        "Tier": rules.tier(call.input.get("Tier"), before.get("Tier"), call.input["Value"], bool(data.get("Policies"))),
        "LastModifiedDate": call.now,
        "LastModifiedUser": call.principal.arn,
    }


def _make_room(call: Call, name: str, old: Version | None, tier: str) -> None:
    """Keep to the limits: parameters of an account, versions of a parameter."""
    if old is None:
        most = rules.MOST_STANDARD if tier == "Standard" else rules.MOST_ADVANCED
        if records.count(call.store, call.scope, tier) >= most:
            raise errors.TooManyParameters
        return
    if old.version < rules.MOST_VERSIONS:
        return
    kept = records.versions(call.store, call.scope, name)
    if len(kept) >= rules.MOST_VERSIONS:
        if kept[0].labels:
            raise errors.OldestVersionLabelled(name, kept[0].version)
        records.remove_version(call.store, call.scope, name, kept[0].version)


@operation("GetParameter", on=resources.parameter)
def get_parameter(call: Call) -> Data | Awaitable[Data]:
    """One parameter: the newest version, or the one that a version number or label selects."""
    text = call.input["Name"]
    if references.is_secret(text):
        return _referenced(call)
    asked = resources.split(text)[0]
    rules.check_asked(asked)
    found, selector = select(call, text)
    parameter = shown(call, found, bool(call.input.get("WithDecryption")), selector, asked)
    return filled(call, {"Parameter": parameter}, [(parameter, found)])


async def _referenced(call: Call) -> Data:
    return {"Parameter": await references.secret(call, call.input["Name"])}


@operation("GetParameters", on=resources.parameters)
def get_parameters(call: Call) -> Data | Awaitable[Data]:
    """Several parameters; those that are not there are named."""
    found, missing = [], []
    names = list(dict.fromkeys(call.input["Names"]))
    for text in names:
        if references.is_secret(text):
            continue
        rules.check_public(text)
        try:
            version, selector = select(call, text)
        except (errors.ParameterNotFound, errors.VersionNotFound):
            missing.append(text)
        else:
            asked = resources.split(text)[0]
            found.append((shown(call, version, bool(call.input.get("WithDecryption")), selector, asked), version))
    answer: Data = {"Parameters": [parameter for parameter, _ in found], "InvalidParameters": missing}
    referring = [text for text in names if references.is_secret(text)]
    if referring:
        return _with_secrets(call, answer, found, referring)
    return filled(call, answer, found)


async def _with_secrets(call: Call, answer: Data, found: list[tuple[Data, Version]], referring: list[str]) -> Data:
    for text in referring:
        try:
            answer["Parameters"].append(await references.secret(call, text))
        except errors.SecretNotFound:
            answer["InvalidParameters"].append(text)
    return await _fill(call, answer, [pair for pair in found if pair[0]["Value"] is None])


@operation("GetParameterHistory", on=resources.parameter)
def get_parameter_history(call: Call) -> Data | Awaitable[Data]:
    """The versions of a parameter, the oldest first."""
    found = find(call, call.input["Name"])
    if found is None:
        raise errors.ParameterNotFound
    limit = call.input.get("MaxResults", _HISTORY_PAGE)
    after = next_key(call, int)
    versions = records.versions(call.store, call.scope, found.name, after or 0, limit + 1)
    decrypted = bool(call.input.get("WithDecryption"))
    listed = [(_historic(version, decrypted), version) for version in versions[:limit]]
    answer: Data = {"Parameters": [parameter for parameter, _ in listed]}
    if len(versions) > limit:
        answer["NextToken"] = paging.encode(versions[limit - 1].version)
    return filled(call, answer, listed)


def next_key(call: Call, kind: type) -> Any:
    """The key in the call's NextToken, None without one. Raises InvalidNextToken."""
    token = call.input.get("NextToken")
    if token is None:
        return None
    try:
        key = paging.decode(token)
    except ValueError as error:
        raise errors.InvalidNextToken from error
    if type(key) is not kind or (isinstance(key, int) and abs(key) >= 1 << 62):
        raise errors.InvalidNextToken
    return key


def metadata(found: Version) -> Data:
    """What listings tell of a version beside its value."""
    names = (
        "Type",
        "KeyId",
        "LastModifiedDate",
        "LastModifiedUser",
        "Description",
        "AllowedPattern",
        "Tier",
        "DataType",
    )
    known = {name: found.data[name] for name in names if found.data.get(name) is not None}
    return {**known, "Name": found.name, "Version": found.version, "Policies": found.data.get("Policies") or []}


def _historic(found: Version, decrypted: bool) -> Data:
    return {**metadata(found), "Value": value_of(found, decrypted), "Labels": found.labels}


def _delete(call: Call, text: str) -> bool:
    found = find(call, text)
    if found is None:
        return False
    records.remove(call.store, call.scope, found.name)
    call.tags.drop(resources.parameter_arn(call.scope, found.name))
    if found.data.get("Policies"):
        telling.cancel(call, found.name)
    telling.change(call, "Delete", found.name, found.data)
    return True


@operation("DeleteParameter", on=resources.parameter)
def delete_parameter(call: Call) -> Data:
    """Delete a parameter with all its versions."""
    if not _delete(call, call.input["Name"]):
        raise errors.ParameterNotFound
    return {}


@operation("DeleteParameters", on=resources.parameters)
def delete_parameters(call: Call) -> Data:
    """Delete several parameters; those that are not there are named."""
    answer: dict[str, list[str]] = {"DeletedParameters": [], "InvalidParameters": []}
    for name in dict.fromkeys(call.input["Names"]):
        answer["DeletedParameters" if _delete(call, name) else "InvalidParameters"].append(name)
    return answer
