"""The roles of a pool's identities, and the tags of their sessions."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_identity import lookup, records, resources, rules

Data = dict[str, Any]


@operation("SetIdentityPoolRoles", on=resources.passed_roles)
def set_identity_pool_roles(call: Call) -> Data:
    """Set which roles a pool's identities get; roles and mappings that were there before go."""
    pool = lookup.pool_of(call)
    records.put_pool(call.store, pool._replace(data={**pool.data, **rules.roles(call.input)}))
    return {}


@operation("GetIdentityPoolRoles", on=resources.pool)
def get_identity_pool_roles(call: Call) -> Data:
    """Which roles a pool's identities get."""
    pool = lookup.pool_of(call)
    found = {name: pool.data[name] for name in ("Roles", "RoleMappings") if pool.data.get(name)}
    return {"IdentityPoolId": pool.id, **found}


@operation("SetPrincipalTagAttributeMap")
def set_principal_tag_attribute_map(call: Call) -> Data:
    """Set which claims of a provider's tokens become tags of sessions."""
    pool, provider = lookup.pool_of(call), call.input["IdentityProviderName"]
    kept = {
        "UseDefaults": bool(call.input.get("UseDefaults")),
        "PrincipalTags": call.input.get("PrincipalTags") or {},
    }
    maps = {**pool.data.get("PrincipalTags", {}), provider: kept}
    records.put_pool(call.store, pool._replace(data={**pool.data, "PrincipalTags": maps}))
    return {"IdentityPoolId": pool.id, "IdentityProviderName": provider, **_shown(kept)}


@operation("GetPrincipalTagAttributeMap", on=resources.pool)
def get_principal_tag_attribute_map(call: Call) -> Data:
    """Which claims of a provider's tokens become tags of sessions."""
    pool, provider = lookup.pool_of(call), call.input["IdentityProviderName"]
    kept = pool.data.get("PrincipalTags", {}).get(provider, {"UseDefaults": False, "PrincipalTags": {}})
    return {"IdentityPoolId": pool.id, "IdentityProviderName": provider, **_shown(kept)}


def _shown(kept: Data) -> Data:
    names = rules.DEFAULT_TAGS if kept["UseDefaults"] else kept["PrincipalTags"]
    return {"UseDefaults": kept["UseDefaults"], "PrincipalTags": names}
