"""Finding what a call names: functions, versions, aliases, code; and reading pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from cloudarium.gateway.call import BodyStream, Call
from cloudarium.policy.principal import Principal
from cloudarium.runtime import packages
from cloudarium.services.lambda_ import errors, records, resources, running
from cloudarium.services.lambda_.records import LATEST, Function, Version
from cloudarium.services.lambda_.rules import configuration
from cloudarium.shared import ids, paging
from cloudarium.shared.errors import AwsError

Row = TypeVar("Row")


class Found(NamedTuple):
    """A function and the version that a call means; `qualifier` as it was said, an alias perhaps."""

    function: Function
    version: Version
    qualifier: str


def name_of(call: Call) -> resources.FunctionName:
    """The function that a call names; a qualifier in the name must be the one in Qualifier."""
    name = resources.parse_function(call.input["FunctionName"], call.scope)
    if name.scope.region != call.region:
        raise errors.NotFound(
            f"Functions from '{name.scope.region}' are not reachable in this region ('{call.region}')"
        )
    said = call.input.get("Qualifier")
    if said and name.qualifier and said != name.qualifier:
        raise errors.InvalidParameter(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return name._replace(qualifier=name.qualifier or said or "")


def function_of(call: Call, shown: str = "") -> Function:
    """The function that a call names, as a whole. Raises FunctionNotFound, with the qualifier `shown`."""
    name = name_of(call)
    found = records.find_function(call.store, name.scope, name.name)
    if found is None:
        raise errors.FunctionNotFound(name._replace(qualifier=shown).arn)
    return found


def whole_function_of(call: Call, shown: str = "") -> Function:
    """The function that a call names for what versions and aliases do not have. Raises InvalidParameter for those."""
    if name_of(call).qualifier:
        raise errors.InvalidParameter(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation."
            " Please specify either a function name or an unqualified function ARN."
        )
    return function_of(call, shown)


def version_of(call: Call, *, routed: bool = False) -> Found:
    """The version that a call means; `routed`: an alias with weights picks by chance. Raises FunctionNotFound."""
    name = name_of(call)
    function = records.find_function(call.store, name.scope, name.name)
    if function is None:
        # An invocation means $LATEST where it says nothing; what only reads names the function.
        raise errors.FunctionNotFound(name._replace(qualifier=name.qualifier or (LATEST if routed else "")).arn)
    version = resolve(call, name, routed)
    if version is None:
        raise errors.FunctionNotFound(name.arn)
    return Found(function, version, name.qualifier)


def resolve(call: Call, name: resources.FunctionName, routed: bool = False) -> Version | None:
    """The version behind a qualifier: none, $LATEST, a number or an alias."""
    qualifier = name.qualifier or LATEST
    if qualifier != LATEST and not qualifier.isdecimal():
        alias = records.find_alias(call.store, name.scope, name.name, qualifier)
        if alias is None:
            return None
        qualifier = _route(alias) if routed else alias.version
    return records.find_version(call.store, name.scope, name.name, qualifier)


def _route(alias: records.Alias) -> str:
    point = ids.fraction()
    for version, weight in alias.weights.items():
        point -= weight
        if point < 0:
            return version
    return alias.version


def latest_of(call: Call, function: Function) -> Version:
    """A function's $LATEST."""
    found = records.find_version(call.store, function.scope, function.name, LATEST)
    assert found is not None
    return found


def role_may(call: Call, role: Principal, action: str, resource: str) -> bool:
    """Whether an execution role is allowed this, by its own policies and the resource's."""
    asking = Call(call.cloud, None, call)
    asking.principal, asking.scope = role, call.scope
    asking.service, asking.operation_name, asking.room = call.service, call.operation_name, call.room
    return asking.may(action, resource)


# ---- code ------------------------------------------------------------------------------------------------------------


class Code(NamedTuple):
    """A package that was checked: its bytes, hash and sizes."""

    data: bytes
    sha256: str
    unzipped: int


async def read_code(call: Call, given: Mapping[str, Any], noun: str = "FunctionCode") -> Code:
    """The package that a call gives as ZipFile or in S3, checked. Raises InvalidParameter."""
    inline = given.get("ZipFile")
    if inline is not None and (given.get("S3Bucket") or given.get("S3Key")):
        raise errors.InvalidParameter(f"Please do not provide other {noun} parameters when providing a ZipFile.")
    if inline is not None:
        if len(inline) > configuration.ZIP_LIMIT:
            raise errors.RequestTooLarge(f"Zipped size must be smaller than {configuration.ZIP_LIMIT} bytes")
        data = bytes(inline)
    elif given.get("S3Bucket") and given.get("S3Key"):
        data = await _fetch(call, given)
    else:
        raise errors.InvalidParameter("Please provide a source for function code.")
    return await asyncio.to_thread(_check, data)


async def _fetch(call: Call, given: Mapping[str, Any]) -> bytes:
    wanted = {"Bucket": given["S3Bucket"], "Key": given["S3Key"]}
    if given.get("S3ObjectVersion"):
        wanted["VersionId"] = given["S3ObjectVersion"]
    try:
        answer = await call.send("s3", "GetObject", wanted)
    except AwsError as error:
        _explain(error, wanted)
    body = answer["Body"]
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    try:
        return await BodyStream(aiter(body), None).read(packages.UNZIPPED_LIMIT)
    except ValueError as error:
        raise errors.InvalidParameter(f"Zipped size must be smaller than {packages.UNZIPPED_LIMIT} bytes") from error


def _explain(error: AwsError, wanted: Mapping[str, str]) -> None:
    tail = f"S3 Error Code: {error.code}. S3 Error Message: {error.message}"
    if error.code == "AccessDenied":
        raise errors.AccessDenied(
            "Your access has been denied by S3, please make sure your request credentials have permission to"
            f" GetObject for {wanted['Bucket']}/{wanted['Key']}. {tail}"
        ) from error
    raise errors.InvalidParameter(f"Error occurred while GetObject. {tail}") from error


def _check(data: bytes) -> Code:
    try:
        size = packages.unzipped_size(data)
    except packages.PackageError as error:
        raise errors.InvalidParameter(str(error)) from error
    return Code(data, running.sha256_of(data), size)


async def unpack(call: Call, code: Code) -> Path:
    """Unpack a package now, so that a hostile one is refused and a first invocation need not wait; where it lies."""
    store = running.workshop(call.cloud).environments.packages
    try:
        return await asyncio.to_thread(store.unpack, code.data)
    except packages.PackageError as error:
        raise errors.InvalidParameter(str(error)) from error


# ---- pages -----------------------------------------------------------------------------------------------------------


def marker(call: Call, kind: type = str) -> Any:
    """The key in the Marker; None at the start. Raises InvalidParameter."""
    token = call.input.get("Marker")
    if token is None:
        return None
    try:
        key = paging.decode(token)
    except ValueError:
        key = None
    if not isinstance(key, kind):
        raise errors.InvalidParameter("Invalid marker. Please provide a valid marker.")
    return key


def page(rows: Sequence[Row], size: int, key: Callable[[Row], Any]) -> tuple[list[Row], dict[str, str]]:
    """The first `size` of rows of which one more was read if there is more, and the NextMarker member."""
    here = list(rows[:size])
    return here, ({"NextMarker": paging.encode(key(here[-1]))} if len(rows) > size else {})


def page_size(call: Call, most: int = 50) -> int:
    """MaxItems, which counts up to 50 here whatever is asked, as on AWS."""
    return min(call.input.get("MaxItems") or most, most)


def check_revision(call: Call, revision: str, api: str) -> None:
    """Raise RevisionMismatch unless the caller's RevisionId, if any, is the present one."""
    said = call.input.get("RevisionId")
    if said is not None and said != revision:
        raise errors.RevisionMismatch(api)
