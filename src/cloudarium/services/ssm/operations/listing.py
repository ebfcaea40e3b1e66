"""Listings: by path, and by filters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.ssm import errors, records, resources, rules
from cloudarium.services.ssm.operations.parameters import filled, metadata, next_key, shown
from cloudarium.services.ssm.records import Version
from cloudarium.shared import paging
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_BY_PATH_PAGE, _DESCRIBE_PAGE = 10, 50


def _page(
    call: Call, limit: int, names: list[str], fits: Callable[[Version], bool]
) -> tuple[list[Version], str | None]:
    """The first `limit` parameters of `names` that fit, and the token of the next page."""
    found: list[Version] = []
    for name in names:
        version = records.latest(call.store, call.scope, name)
        if version is None or not fits(version):
            continue
        if len(found) == limit:
            return found, paging.encode(found[-1].name)
        found.append(version)
    return found, None


@operation("GetParametersByPath", on=resources.path)
def get_parameters_by_path(call: Call) -> Data | Awaitable[Data]:
    """The parameters of a hierarchy: its next level, or all of it."""
    path = call.input["Path"]
    rules.check_path(path)
    recursive = bool(call.input.get("Recursive"))
    filters = rules.filters(call.input.get("ParameterFilters"), rules.BY_PATH_KEYS)
    after = next_key(call, str) or ""
    base = path.rstrip("/") + "/"
    everything = base == "/"
    names = records.names(call.store, call.scope, after, *(() if everything else (base, base[:-1] + "0")))
    names = [name for name in names if rules.below(name, path, recursive)]
    labelled = any(each.key == "Label" for each in filters)

    def fits(version: Version) -> bool:
        return all(each.key == "Label" or each.fits(version.name, version.data, (), {}) for each in filters)

    decrypted = bool(call.input.get("WithDecryption"))
    limit = call.input.get("MaxResults", _BY_PATH_PAGE)
    if labelled:
        return _labelled(call, names, filters, limit, decrypted)
    found, token = _page(call, limit, names, fits)
    return _answered(call, found, decrypted, token)


def _answered(call: Call, found: list[Version], decrypted: bool, token: str | None) -> Data | Awaitable[Data]:
    listed = [(shown(call, version, decrypted), version) for version in found]
    answer: Data = {"Parameters": [parameter for parameter, _ in listed]}
    return filled(call, {**answer, "NextToken": token} if token else answer, listed)


def _labelled(
    call: Call, names: list[str], filters: list[rules.Filter], limit: int, decrypted: bool
) -> Data | Awaitable[Data]:
    """The versions that carry a wanted label, one for each parameter."""
    found: list[Version] = []
    for name in names:
        for version in records.versions(call.store, call.scope, name):
            if all(each.fits(name, version.data, version.labels, {}) for each in filters):
                if len(found) == limit:
                    return _answered(call, found, decrypted, paging.encode(found[-1].name))
                found.append(version)
                break
    return _answered(call, found, decrypted, None)


@operation("DescribeParameters", on=resources.everything)
def describe_parameters(call: Call) -> Data:
    """What is known of parameters, without their values."""
    if call.input.get("Shared"):
        raise NotBuilt("ssm:DescribeParameters Shared")
    older, given = call.input.get("Filters"), call.input.get("ParameterFilters")
    if older and given:
        raise errors.Invalid("You can use either Filters or ParameterFilters in a single request.")
    if older:
        given = [{"Key": each["Key"], "Option": "BeginsWith", "Values": each["Values"]} for each in older]
    filters = rules.filters(given, rules.DESCRIBE_KEYS)
    by_tag = any(each.key.startswith("tag:") for each in filters)

    def fits(version: Version) -> bool:
        tags = call.tags.of(resources.parameter_arn(call.scope, version.name)) if by_tag else {}
        return all(each.fits(version.name, version.data, version.labels, tags) for each in filters)

    after = next_key(call, str) or ""
    limit = call.input.get("MaxResults", _DESCRIBE_PAGE)
    found, token = _page(call, limit, records.names(call.store, call.scope, after), fits)
    described = [{**metadata(each), "ARN": resources.parameter_arn(call.scope, each.name)} for each in found]
    return {"Parameters": described, **({"NextToken": token} if token else {})}
