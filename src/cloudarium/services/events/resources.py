"""The ARNs of EventBridge, what each call touches, the policies of buses, and the condition keys."""

from __future__ import annotations

import json
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.policy.grammar import load, statements
from cloudarium.services.events.records import named, rules
from cloudarium.services.events.records.named import Kind, Named
from cloudarium.shared import arn as arns
from cloudarium.shared.event_patterns import PatternError, compile_pattern
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

POLICY_TOPIC = named.TOPIC
DEFAULT = "default"
_BEGIN = 1562803200.0  # every account has a default bus from the day on which EventBridge began


# ---- Names -----------------------------------------------------------------------------------------------------------


def bus_of(given: object, own: Scope) -> tuple[Scope, str]:
    """The scope and name of the bus that a name or an ARN stands for; nothing stands for the default one."""
    parsed = arns.parse(given)
    if parsed is not None:
        return Scope(parsed.account, parsed.region), parsed.resource.partition("/")[2]
    return own, given if isinstance(given, str) and given else DEFAULT


def bus_arn(scope: Scope, name: str) -> str:
    """The ARN of a bus."""
    return arns.make("events", scope, f"event-bus/{name}")


def rule_arn(scope: Scope, bus: str, name: str) -> str:
    """The ARN of a rule: without its bus on the default one."""
    return arns.make("events", scope, f"rule/{name}" if bus == DEFAULT else f"rule/{bus}/{name}")


def rule_of(arn: str) -> tuple[Scope, str, str] | None:
    """Scope, bus and name of the rule with this ARN, None for an ARN of something else."""
    parsed = arns.parse(arn)
    if parsed is None or parsed.service != "events" or not parsed.resource.startswith("rule/"):
        return None
    *path, name = parsed.resource.removeprefix("rule/").split("/")
    return Scope(parsed.account, parsed.region), "/".join(path) or DEFAULT, name


def thing_arn(thing: Named) -> str:
    """The ARN of a named resource; connections and API destinations have an id in theirs."""
    tail = f"/{thing.data['id']}" if "id" in thing.data else ""
    return arns.make("events", thing.scope, f"{thing.kind}/{thing.name}{tail}")


def find_bus(store: Store, scope: Scope, name: str) -> Named | None:
    """A bus; the default one is there without having been made."""
    found = named.find(store, scope, "event-bus", name)
    if found is None and name == DEFAULT:
        return Named(scope, "event-bus", DEFAULT, {"CreationTime": _BEGIN, "LastModifiedTime": _BEGIN})
    return found


# ---- What a call touches ---------------------------------------------------------------------------------------------


def bus(call: Call) -> str:
    """The bus that a call names in Name or EventBusName."""
    return bus_arn(*bus_of(call.input.get("EventBusName") or call.input.get("Name"), call.scope))


def buses_put_to(call: Call) -> list[str | Need]:
    """The buses of all entries, each with the keys that tell of its events."""
    entries = call.input.get("Entries")
    entries = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    needs: list[str | Need] = []
    for entry in entries[:10]:
        context = {
            "events:source": str(entry.get("Source", "")),
            "events:detail-type": str(entry.get("DetailType", "")),
            "events:eventBusInvocation": "true" if call.parent is not None else "false",
        }
        arn = bus_arn(*bus_of(entry.get("EventBusName"), call.scope))
        need = Need("events:PutEvents", arn, context)
        if need not in needs:
            needs.append(need)
    return needs or [bus_arn(call.scope, DEFAULT)]


def rule(call: Call) -> str:
    """The rule that a call names."""
    scope, bus_name = bus_of(call.input.get("EventBusName"), call.scope)
    return rule_arn(scope, bus_name, str(call.input.get("Rule") or call.input.get("Name") or ""))


def passed(role: object) -> list[Need]:
    """The permission to pass a role to EventBridge, if it is a role's ARN."""
    parsed = arns.parse(role)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("role/"):
        return []
    return [Need("iam:PassRole", str(role), {"iam:PassedToService": "events.amazonaws.com"})]


def rule_to_put(call: Call) -> list[str | Need]:
    """The rule, its role that is passed, and its tags on the way."""
    own = rule(call)
    tagging = [Need("events:TagResource", own)] if call.input.get("Tags") else []
    return [own, *tagging, *passed(call.input.get("RoleArn"))]


def rule_with_targets(call: Call) -> list[str | Need]:
    """The rule, and the roles of its new targets that are passed; each target's ARN is a condition key."""
    own = rule(call)
    given = call.input.get("Targets")
    targets = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    arns_ = [str(one.get("Arn", "")) for one in targets]
    needs: list[str | Need] = [Need("events:PutTargets", own, {"events:TargetArn": arns_})]
    for one in targets:
        needs += (need for need in passed(one.get("RoleArn")) if need not in needs)
    return needs


def new_bus(call: Call) -> list[str | Need]:
    """A bus to make, with its tags on the way."""
    own = bus_arn(call.scope, str(call.input.get("Name", "")))
    return [own, Need("events:TagResource", own)] if call.input.get("Tags") else [own]


def tagged(call: Call) -> str:
    """What a tagging call names."""
    return str(call.input.get("ResourceARN", ""))


def _plain(kind: Kind, member: str) -> Any:
    def on(call: Call) -> str:
        return arns.make("events", call.scope, f"{kind}/{call.input.get(member, '')}")

    return on


archive = _plain("archive", "ArchiveName")
replay = _plain("replay", "ReplayName")
connection = _plain("connection", "Name")
destination = _plain("api-destination", "Name")


def new_archive(call: Call) -> list[str | Need]:
    """An archive to make, of a bus."""
    return [archive(call), Need("events:CreateArchive", str(call.input.get("EventSourceArn", "")))]


def new_replay(call: Call) -> list[str | Need]:
    """A replay to start, of an archive, into a bus."""
    destination_ = call.input.get("Destination")
    into = destination_.get("Arn", "") if isinstance(destination_, dict) else ""
    source = str(call.input.get("EventSourceArn", ""))
    return [replay(call), Need("events:StartReplay", source), Need("events:StartReplay", str(into))]


def new_destination(call: Call) -> list[str | Need]:
    """An API destination to make, over a connection."""
    return [destination(call), Need("events:CreateApiDestination", str(call.input.get("ConnectionArn", "")))]


# ---- Policies --------------------------------------------------------------------------------------------------------


def resource_policy(call: Call, resource: str) -> str | None:
    """The policy of a bus, which speaks on its rules too; AWS's services may tell the default bus of their events."""
    place = rule_of(resource)
    parsed = arns.parse(resource)
    if place is not None:
        scope, name, _ = place
    elif parsed is not None and parsed.resource.startswith("event-bus/"):
        scope, name = bus_of(resource, call.scope)
    else:
        return None
    found = find_bus(call.store, scope, name)
    text = found.data.get("Policy") if found is not None else None
    if call.principal.kind == "service" and name == DEFAULT and place is None:
        own = statements(load(text)) if text else []
        return json.dumps({"Version": "2012-10-17", "Statement": [*own, _of_services(scope.account, call)]})
    return text


def _of_services(account: str, call: Call) -> dict[str, Any]:
    """What lets a service tell an account's default bus of what happened in that account."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": call.principal.name},
        "Action": "events:PutEvents",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the policies of buses that name the principal `old` name it `new`."""
    for each in named.with_policy_on(store, old.split(":")[4]):
        policy = each.data.get("Policy")
        if policy and (changed := principals.renamed(policy, old, new)) != policy:
            named.put(store, each._replace(data={**each.data, "Policy": changed}))


# ---- Condition keys --------------------------------------------------------------------------------------------------
#
# Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html

_OF_PATTERN = {
    "source": "events:source",
    "detail-type": "events:detail-type",
    "detail.service": "events:detail.service",
    "detail.eventTypeCode": "events:detail.eventTypeCode",
    "detail.userIdentity.principalId": "events:detail.userIdentity.principalId",
}


def conditions(call: Call) -> dict[str, Any]:
    """What the pattern of a rule to be made asks for."""
    found: dict[str, Any] = {}
    text = call.input.get("EventPattern")
    if call.operation_name == "PutRule" and isinstance(text, str):
        found.update(_asked_for(text))
    return found


def resource_conditions(call: Call, resource: str) -> dict[str, Any]:
    """Who made a rule: of a new one, whoever calls."""
    place = rule_of(resource)
    if place is None:
        return {}
    found = rules.find(call.store, *place)
    return {"events:creatorAccount": found.data["CreatedBy"] if found is not None else call.principal.account}


def _asked_for(text: str) -> dict[str, list[str]]:
    try:
        compile_pattern(text)
        pattern = orjson.loads(text)
    except (PatternError, ValueError):
        return {}
    found = {}
    for path, key in _OF_PATTERN.items():
        inner: Any = pattern
        for name in path.split("."):
            inner = inner.get(name) if isinstance(inner, dict) else None
        values = [value for value in inner if isinstance(value, str)] if isinstance(inner, list) else []
        if values:
            found[key] = values
    return found
