"""Outside identity providers of a pool, and whom of its users their people are."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, resources
from cloudarium.services.cognito_idp.federation import discovery, links
from cloudarium.services.cognito_idp.lookup import page, pool_of
from cloudarium.services.cognito_idp.records import federation
from cloudarium.services.cognito_idp.records.federation import Provider
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.rules import providers as rules

Data = dict[str, Any]
_MOST = 300
_PAGE = 60


def _shown(provider: Provider) -> Data:
    return {"IdentityProvider": {"UserPoolId": provider.pool, "ProviderName": provider.name, **provider.data}}


def _named(call: Call, pool: Pool) -> Provider:
    found = federation.find_provider(call.store, pool.id, call.input["ProviderName"])
    if found is None:
        raise errors.NotFound(f"Identity provider {call.input['ProviderName']} does not exist.")
    return found


def _identifiers(call: Call, pool: Pool, name: str) -> list[str]:
    taken = {
        one: each.name for each in federation.providers(call.store, pool.id) for one in each.data["IdpIdentifiers"]
    }
    return rules.identifiers(call.input.get("IdpIdentifiers") or [], taken, name)


async def _details(call: Call, given: Data) -> Data:
    """The details as they are kept: endpoints that are not named are asked for at the issuer."""
    found = rules.details(given)
    if all(found.get(name) for name in rules.ENDPOINTS):
        return found
    return rules.discovered(found, await discovery.of_issuer(call.cloud, found["oidc_issuer"]))


@operation("CreateIdentityProvider", on=resources.pool, refuses=("AcrMapping",))
async def create_identity_provider(call: Call) -> Data:
    """Let people of an OpenID Connect provider into a pool."""
    pool, name = pool_of(call), call.input["ProviderName"]
    rules.check_kind(name, call.input["ProviderType"])
    details = await _details(call, call.input["ProviderDetails"])
    mapping = rules.mapping(pool.data, call.input.get("AttributeMapping") or {})
    with call.transaction():
        pool = pool_of(call)
        present = federation.providers(call.store, pool.id)
        if any(each.name == name for each in present):
            raise errors.Duplicate(f"Identity provider {name} already exists.")
        if len(present) >= _MOST:
            raise errors.LimitExceeded("The maximum number of identity providers has been reached.")
        data = {"ProviderType": "OIDC", "ProviderDetails": details, "AttributeMapping": mapping}
        data |= {"IdpIdentifiers": _identifiers(call, pool, name)}
        provider = Provider(pool.id, name, {**data, "CreationDate": call.now, "LastModifiedDate": call.now})
        federation.put_provider(call.store, provider)
        return _shown(provider)


@operation("DescribeIdentityProvider", on=resources.pool)
def describe_identity_provider(call: Call) -> Data:
    """A provider with its details."""
    return _shown(_named(call, pool_of(call)))


@operation("UpdateIdentityProvider", on=resources.pool, refuses=("AcrMapping",))
async def update_identity_provider(call: Call) -> Data:
    """Change a provider; what is not named stays."""
    pool, given = pool_of(call), call.input
    provider = _named(call, pool)
    changes: Data = {"LastModifiedDate": call.now}
    if given.get("ProviderDetails"):
        changes["ProviderDetails"] = await _details(call, given["ProviderDetails"])
    if given.get("AttributeMapping") is not None:
        changes["AttributeMapping"] = rules.mapping(pool.data, given["AttributeMapping"])
    with call.transaction():
        provider = _named(call, pool_of(call))
        if given.get("IdpIdentifiers") is not None:
            changes["IdpIdentifiers"] = _identifiers(call, pool, provider.name)
        provider = provider._replace(data={**provider.data, **changes})
        federation.put_provider(call.store, provider)
        return _shown(provider)


@operation("DeleteIdentityProvider", on=resources.pool)
def delete_identity_provider(call: Call) -> Data:
    """Delete a provider; nobody comes in by it any more."""
    federation.remove_provider(call.store, _named(call, pool_of(call)))
    return {}


@operation("ListIdentityProviders", on=resources.pool)
def list_identity_providers(call: Call) -> Data:
    """The providers of a pool."""
    found = federation.providers(call.store, pool_of(call).id)
    limit = call.input.get("MaxResults") or _PAGE
    chosen, token = page(found, [each.name for each in found], limit, call.input.get("NextToken"))
    members = ("ProviderType", "LastModifiedDate", "CreationDate")
    listed = [{"ProviderName": each.name, **{name: each.data[name] for name in members}} for each in chosen]
    return {"Providers": listed, **({"NextToken": token} if token else {})}


@operation("GetIdentityProviderByIdentifier", on=resources.pool)
def get_identity_provider_by_identifier(call: Call) -> Data:
    """The provider that has another name."""
    wanted = call.input["IdpIdentifier"]
    for each in federation.providers(call.store, pool_of(call).id):
        if wanted in each.data["IdpIdentifiers"]:
            return _shown(each)
    raise errors.NotFound(f"Identity provider with identifier {wanted} does not exist.")


# ---- whom somebody is ------------------------------------------------------------------------------------------------


@operation("AdminLinkProviderForUser", on=resources.pool)
def admin_link_provider_for_user(call: Call) -> Data:
    """Make somebody of a provider, who has not come yet, a user of the pool."""
    links.link(call, pool_of(call), call.input["DestinationUser"], call.input["SourceUser"])
    return {}


@operation("AdminDisableProviderForUser", on=resources.pool)
def admin_disable_provider_for_user(call: Call) -> Data:
    """Let somebody of a provider be a user of the pool no more."""
    links.unlink(call, pool_of(call), call.input["User"])
    return {}
