"""Parameter groups: how the servers of caches are set."""

from __future__ import annotations

from collections.abc import Mapping

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, lookup, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.records import CLUSTER, PARAMETERS, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import engines, names, parameters
from cloudarium.services.elasticache.rules.parameters import CLUSTER_ON, Parameter
from cloudarium.shared.errors import NotBuilt

MOST = 300
MOST_CHANGES = 20
_ON = {"cluster-enabled": "yes"}


def defaults(call: Call) -> None:
    """Make the groups that every account has: two for each family."""
    if records.find(call.store, call.scope, PARAMETERS, f"default.{engines.FAMILIES[0]}") is not None:
        return
    for family in engines.FAMILIES:
        for suffix, values in (("", {}), (CLUSTER_ON, _ON)):
            text = f"Default parameter group for {family}" + (" with cluster mode on" if suffix else "")
            name = f"default.{family}{suffix}"
            lookup.keep(call, PARAMETERS, name, _data(call, name, family, text, values))


def _data(call: Call, name: str, family: str, text: str, values: Mapping[str, str]) -> Data:
    return {
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": family,
        "Description": text,
        "IsGlobal": False,
        "ARN": lookup.arn_of(call.scope, PARAMETERS, name),
        "_Values": dict(values),
    }


def chosen(call: Call, name: str | None, version: engines.Version, clustered: bool) -> Data:
    """The parameter group of a new cache: its version's default one, unless another is named. Raises Combination."""
    defaults(call)
    found = lookup.find(call, PARAMETERS, name or f"default.{version.family}{CLUSTER_ON if clustered else ''}")
    if found["CacheParameterGroupFamily"] != version.family:
        raise errors.Combination(
            f"Expected a parameter group of family {version.family} but found one of family"
            f" {found['CacheParameterGroupFamily']}"
        )
    return found


def is_clustered(group: Data) -> bool:
    """Does a group turn cluster mode on?"""
    return bool(group["_Values"].get("cluster-enabled") == "yes")


@operation("CreateCacheParameterGroup", on=touching(PARAMETERS))
def create_cache_parameter_group(call: Call) -> Data:
    """Make a parameter group with the defaults of its family."""
    name = names.identifier(call.input["CacheParameterGroupName"], "CacheParameterGroupName", 255)
    family = parameters.check_family(call.input["CacheParameterGroupFamily"])
    defaults(call)
    lookup.refuse_existing(call, PARAMETERS, name)
    if len(records.every(call.store, call.scope, PARAMETERS)) >= MOST:
        text = f"There may be at most {MOST} parameter groups."
        raise errors.QuotaExceeded("CacheParameterGroupQuotaExceededFault", text)
    tags = lookup.wanted_tags(call)
    data = _data(call, name, family, call.input["Description"], {})
    lookup.keep(call, PARAMETERS, name, data)
    lookup.tag(call, PARAMETERS, name, tags)
    return {"CacheParameterGroup": data}


def _own(call: Call) -> Data:
    """The group that is to be changed, which may be no default one."""
    defaults(call)
    data = lookup.find(call, PARAMETERS, call.input["CacheParameterGroupName"])
    if data["CacheParameterGroupName"].startswith("default."):
        raise errors.Invalid("Cannot modify a default Cache Parameter Group.")
    return data


@operation("ModifyCacheParameterGroup", on=touching(PARAMETERS))
def modify_cache_parameter_group(call: Call) -> Data:
    """Set parameters of a group; the caches that have it follow at once, where a parameter needs no restart."""
    data, given = _own(call), call.input["ParameterNameValues"]
    if not 1 <= len(given) <= MOST_CHANGES:
        raise errors.Invalid(f"The number of parameters must be between 1 and {MOST_CHANGES}.")
    for one in given:
        name, value = one.get("ParameterName") or "", one.get("ParameterValue")
        if value is None:
            raise errors.Invalid(f"The parameter {name} needs a value.")
        parameters.check(data["CacheParameterGroupFamily"], name, value)
        _refuse_unbuilt(name, value)
        if name == "cluster-enabled" and _members(call, data["CacheParameterGroupName"]):
            raise errors.State(PARAMETERS, "cluster-enabled cannot be changed while caches have the group.")
        data["_Values"][name] = value
    return _changed(call, data, [one["ParameterName"] for one in given])


def _refuse_unbuilt(name: str, value: str) -> None:
    if name == "rename-commands" and value:
        raise NotBuilt("the parameter rename-commands")
    if name == "close-on-slave-write" and value == "no":
        raise NotBuilt("the parameter close-on-slave-write set to no")


def _changed(call: Call, data: Data, touched: list[str]) -> Data:
    name = data["CacheParameterGroupName"]
    lookup.keep(call, PARAMETERS, name, data)
    reboot = any(parameters.named(data["CacheParameterGroupFamily"], one).reboot for one in touched)
    for cluster in _members(call, name):
        if reboot:
            cluster["CacheParameterGroup"]["ParameterApplyStatus"] = "pending-reboot"
            cluster["CacheParameterGroup"]["CacheNodeIdsToReboot"] = ["0001"]
            lookup.keep(call, CLUSTER, cluster["CacheClusterId"], cluster)
        group = cluster.get("ReplicationGroupId")
        kind, id = (records.GROUP, group) if group else (CLUSTER, cluster["CacheClusterId"])
        call.later("Change", {"Kind": kind, "Id": id}, key=f"{kind}/{id}")
    lookup.note(call, PARAMETERS, name, f"Updated cache parameter group {name}")
    return {"CacheParameterGroupName": name}


def _members(call: Call, name: str) -> list[Data]:
    found = records.every(call.store, call.scope, CLUSTER)
    return [one for one in found if one["CacheParameterGroup"]["CacheParameterGroupName"] == name]


@operation("ResetCacheParameterGroup", on=touching(PARAMETERS))
def reset_cache_parameter_group(call: Call) -> Data:
    """Give parameters of a group, or all of them, their defaults again."""
    data, given = _own(call), call.input.get("ParameterNameValues") or []
    everything = bool(call.input.get("ResetAllParameters"))
    if everything == bool(given):
        raise errors.Combination("Specify either ParameterNameValues or ResetAllParameters.")
    touched = list(data["_Values"]) if everything else [one.get("ParameterName") or "" for one in given]
    for name in touched:
        parameters.named(data["CacheParameterGroupFamily"], name)
        data["_Values"].pop(name, None)
    return _changed(call, data, touched)


@operation("DeleteCacheParameterGroup", on=touching(PARAMETERS))
def delete_cache_parameter_group(call: Call) -> Data:
    """Delete a parameter group that no cache has."""
    data = _own(call)
    name = data["CacheParameterGroupName"]
    if _members(call, name):
        raise errors.State(PARAMETERS, f"One or more cache clusters are still members of this parameter group {name}.")
    lookup.forget(call, PARAMETERS, name)
    return {}


@operation("DescribeCacheParameterGroups", on=touching(PARAMETERS))
def describe_cache_parameter_groups(call: Call) -> Data:
    """The account's parameter groups, the default ones among them, or one of them."""
    defaults(call)
    found = records.every(call.store, call.scope, PARAMETERS)
    if call.input.get("CacheParameterGroupName"):
        found = [lookup.find(call, PARAMETERS, call.input["CacheParameterGroupName"])]
    return lookup.page(call, "CacheParameterGroups", found, lambda one: one["CacheParameterGroupName"])


@operation("DescribeCacheParameters", on=touching(PARAMETERS))
def describe_cache_parameters(call: Call) -> Data:
    """The parameters of a group: all, or those that come from a source (user, system, engine-default)."""
    defaults(call)
    data = lookup.find(call, PARAMETERS, call.input["CacheParameterGroupName"])
    source = call.input.get("Source")
    if source not in (None, "user", "system", "engine-default"):
        raise errors.Invalid(f"Invalid source: {source}. Valid values are: user, system, engine-default.")
    family, values = data["CacheParameterGroupFamily"], data["_Values"]
    found = [_shown(one, values.get(one.name)) for one in parameters.of_family(family)]
    if source:
        found = [one for one in found if (one["Source"] == "user") == (source == "user")]
    return {**lookup.page(call, "Parameters", found, lambda one: one["ParameterName"]),
            "CacheNodeTypeSpecificParameters": []}  # fmt: skip


def _shown(parameter: Parameter, value: str | None) -> Data:
    shown: Data = {
        "ParameterName": parameter.name,
        "ParameterValue": parameter.default if value is None else value,
        "Description": parameter.description or f"{parameter.name} of the engine",
        "Source": "system" if value is None else "user",
        "DataType": parameter.type,
        "IsModifiable": parameter.modifiable,
        "MinimumEngineVersion": parameters.since(parameter),
        "ChangeType": "requires-reboot" if parameter.reboot else "immediate",
    }
    return {**shown, "AllowedValues": parameter.allowed} if parameter.allowed else shown


@operation("DescribeEngineDefaultParameters")
def describe_engine_default_parameters(call: Call) -> Data:
    """The parameters of a family with their defaults."""
    family = parameters.check_family(call.input["CacheParameterGroupFamily"])
    found = [{**_shown(one, None), "Source": "system"} for one in parameters.of_family(family)]
    answer = lookup.page(call, "Parameters", found, lambda one: one["ParameterName"])
    return {"EngineDefaults": {**answer, "CacheParameterGroupFamily": family, "CacheNodeTypeSpecificParameters": []}}
