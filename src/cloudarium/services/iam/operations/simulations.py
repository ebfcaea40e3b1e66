"""The policy simulator: what would be allowed, without doing it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy.principal import Principal
from cloudarium.services.iam import errors, identity, resources, rules, simulation
from cloudarium.services.iam.records import entities, policies
from cloudarium.services.iam.records.entities import Entity
from cloudarium.services.iam.simulation import OnResource, ServiceControl, Simulation, Source
from cloudarium.shared import arn as arns
from cloudarium.shared import clock

_KINDS = ("user", "group", "role")
_CALLER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(user|group|role)/[\x21-\x7e]+")
_ACCOUNT = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root|([0-9]{12})")


@operation("SimulateCustomPolicy", refuses=("ResourceHandlingOption",))
async def simulate_custom_policy(call: Call) -> dict[str, Any]:
    """Ask policies in the call itself about actions on resources."""
    sources = simulation.given_sources(call.input["PolicyInputList"], "PolicyInputList")
    levels = call.input.get("OrderedOrganizationPolicyInputList")
    above = (
        None
        if levels is None
        else [
            [
                (f"ServiceControlPolicyInputList.{place}", text)
                for text in level.get("ServiceControlPolicyInputList") or ()
            ]
            for place, level in enumerate(levels, 1)
        ]
    )
    return await _simulate(call, Principal.user(call.account, "simulated"), sources, None, above)


@operation("SimulatePrincipalPolicy", on=resources.simulated, refuses=("ResourceHandlingOption", "PolicyExclusionList"))
async def simulate_principal_policy(call: Call) -> dict[str, Any]:
    """Ask the policies of a user, group or role, with those in the call, about actions on resources."""
    entity = _entity(call)
    sources = _sources(call, entity) + simulation.given_sources(call.input.get("PolicyInputList"), "PolicyInputList")
    text = identity.document_of(call.store, entity.boundary) if entity.boundary else None
    boundary = None if text is None else Source(entity.boundary, "", text)
    directory = call.cloud.directory
    above = directory.service_control(call.account) if directory.membership(call.account) is not None else None
    return await _simulate(call, _principal(call, entity), sources, boundary, above)


@operation("GetContextKeysForCustomPolicy")
def get_context_keys_for_custom_policy(call: Call) -> dict[str, Any]:
    """The condition keys that policies in the call ask for."""
    sources = simulation.given_sources(call.input["PolicyInputList"], "PolicyInputList")
    return {"ContextKeyNames": simulation.context_keys(sources)}


@operation("GetContextKeysForPrincipalPolicy", on=resources.simulated)
def get_context_keys_for_principal_policy(call: Call) -> dict[str, Any]:
    """The condition keys that the policies of a user, group or role ask for, with those in the call."""
    given = simulation.given_sources(call.input.get("PolicyInputList"), "PolicyInputList")
    return {"ContextKeyNames": simulation.context_keys(_sources(call, _entity(call)) + given)}


async def _simulate(
    call: Call,
    principal: Principal,
    sources: list[Source],
    boundary: Source | None,
    above: ServiceControl | None = None,
) -> dict[str, Any]:
    bounds = simulation.given_sources(call.input.get("PermissionsBoundaryPolicyInputList"), "PermissionsBoundary")
    now: dict[str, Any] = {"aws:CurrentTime": clock.iso(call.now), "aws:EpochTime": str(int(call.now))}
    context = {**now, **simulation.context_of(call.input.get("ContextEntries"))}
    caller = _caller(call) or principal
    on_resource = _on_resource(call, caller)
    asked = Simulation(caller, sources, bounds[0] if bounds else boundary, context, above, on_resource)
    actions, arns = call.input["ActionNames"], call.input.get("ResourceArns") or ["*"]
    # Every action on every resource: too many for a list when somebody means harm, so only their numbers are paged.
    chosen, more = rules.numbered_page(call.input, len(actions) * len(arns))
    pairs = [(actions[number // len(arns)], arns[number % len(arns)]) for number in chosen]
    # Large policies asked about a thousand pairs take seconds: other calls must not wait for that.
    return {"EvaluationResults": await asyncio.to_thread(asked.results, pairs), **more}


def _caller(call: Call) -> Principal | None:
    """The user, group or role that a call names as the one who would call, as if it had the policies."""
    arn = call.input.get("CallerArn")
    if arn is None:
        return None
    parsed = arns.parse(arn) if _CALLER.fullmatch(arn) else None
    if parsed is None:
        raise errors.InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    found = resources.entity(call, arn) if parsed.account == call.account else None
    if found is not None:
        return _principal(call, found)
    kind, _, rest = parsed.resource.partition("/")
    path, _, name = f"/{rest}".rpartition("/")
    if kind == "role":
        return Principal.session(arn, "simulated")
    return Principal.user(parsed.account, name, path=f"{path}/")


def _on_resource(call: Call, caller: Principal) -> OnResource | None:
    """The policy that every resource of the simulation is taken to have."""
    text = call.input.get("ResourcePolicy")
    owner = call.input.get("ResourceOwner")
    matched = _ACCOUNT.fullmatch(owner) if owner is not None else None
    if owner is not None and matched is None:
        raise errors.InvalidInput(f"Invalid ResourceOwner: {owner} is not the ARN of an account.")
    if text is None:
        return None
    if "CallerArn" not in call.input and "PolicySourceArn" not in call.input:
        raise errors.InvalidInput("CallerArn is required when a ResourcePolicy is included in the simulation.")
    if caller.kind == "role":
        raise errors.InvalidInput("Simulation of resource-based policies isn't supported for IAM roles.")
    account = caller.account if matched is None else matched.group(1) or matched.group(2)
    return OnResource(Source("ResourcePolicy", "resource", text), account)


def _entity(call: Call) -> Entity:
    arn = call.input["PolicySourceArn"]
    kind = next((kind for kind in _KINDS if arn.startswith(f"arn:aws:iam::{call.account}:{kind}/")), None)
    if kind is None:
        raise errors.InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    found = resources.entity(call, arn)
    if found is None:
        raise errors.NoSuchEntity.named(kind, arn.rsplit("/", 1)[-1])
    return found


def _principal(call: Call, entity: Entity) -> Principal:
    tags = call.tags.of(entity.arn)
    if entity.kind == "role":
        return Principal.session(entity.arn, "simulated", role_id=entity.id, tags=tags)
    if entity.kind == "group":
        return Principal.user(entity.account, "simulated")
    return Principal.user(entity.account, entity.name, path=entity.path, id=entity.id, tags=tags)


def _sources(call: Call, entity: Entity) -> list[Source]:
    """The entity's own policies and, for a user, those of its groups."""
    bearers = [entity]
    if entity.kind == "user":
        bearers += entities.containers(call.store, entity.account, "group", entity.name)
    found = []
    for bearer in bearers:
        where = (bearer.account, bearer.kind, bearer.name)
        for one in policies.inline(call.store, *where):
            found.append(Source(f"{bearer.kind}_{bearer.name}_{one.policy}", bearer.kind, one.document))
        for arn in policies.attached(call.store, *where):
            text = identity.document_of(call.store, arn)
            if text is not None:
                kind = "aws-managed" if arn.startswith("arn:aws:iam::aws:") else "user-managed"
                found.append(Source(arn.rsplit("/", 1)[-1], kind, text))
    return found
