"""OpenID Connect providers: whose tokens a role's trust policy may accept."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import providers
from cloudarium.services.iam.records.providers import OidcProvider
from cloudarium.shared.errors import NotBuilt


def the_provider(call: Call) -> OidcProvider:
    """The provider whose ARN the call names; raises NoSuchEntity."""
    arn = call.input["OpenIDConnectProviderArn"]
    start = f"arn:aws:iam::{call.account}:oidc-provider/"
    found = providers.find(call.store, call.account, arn[len(start) :]) if arn.startswith(start) else None
    if found is None:
        raise errors.NoSuchEntity(f"OpenIDConnect Provider not found for arn {arn}")
    return found


@operation("CreateOpenIDConnectProvider", on=resources.new_oidc_provider)
def create_open_id_connect_provider(call: Call) -> dict[str, Any]:
    """Trust a provider; AWS asks it itself for a certificate's thumbprint that is left out, this cloud asks nobody."""
    given = call.input
    if "ThumbprintList" not in given:
        raise NotBuilt("iam:CreateOpenIDConnectProvider without ThumbprintList (nobody outside is asked for it)")
    url = rules.provider_url(given["Url"])
    provider = OidcProvider(call.account, url, given.get("ClientIDList") or [], given["ThumbprintList"], call.now)
    rules.check_provider(provider.clients, provider.thumbprints)
    tags = shapes.new_tags(call)
    if providers.find(call.store, call.account, url) is not None:
        raise errors.EntityAlreadyExists(f"Provider with url {given['Url']} already exists.")
    providers.put(call.store, provider)
    call.tags.put(provider.arn, tags)
    return {"OpenIDConnectProviderArn": provider.arn, **shapes.with_tags(call, provider.arn)}


@operation("GetOpenIDConnectProvider", on=resources.oidc_provider)
def get_open_id_connect_provider(call: Call) -> dict[str, Any]:
    """A provider."""
    provider = the_provider(call)
    return {
        "Url": provider.url,
        "ClientIDList": provider.clients,
        "ThumbprintList": provider.thumbprints,
        "CreateDate": provider.created,
        "Tags": shapes.tags_of(call, provider.arn),
    }


@operation("ListOpenIDConnectProviders")
def list_open_id_connect_providers(call: Call) -> dict[str, Any]:
    """The ARNs of the account's providers."""
    found = providers.every(call.store, call.account)
    return {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in found]}


@operation("UpdateOpenIDConnectProviderThumbprint", on=resources.oidc_provider)
def update_open_id_connect_provider_thumbprint(call: Call) -> dict[str, Any]:
    """Replace the thumbprints of a provider."""
    provider = the_provider(call)._replace(thumbprints=call.input["ThumbprintList"])
    rules.check_provider(provider.clients, provider.thumbprints)
    providers.put(call.store, provider)
    return {}


@operation("AddClientIDToOpenIDConnectProvider", on=resources.oidc_provider)
def add_client_id_to_open_id_connect_provider(call: Call) -> dict[str, Any]:
    """Let one more client's tokens in; again is no error."""
    provider = the_provider(call)
    clients = [*provider.clients, *({call.input["ClientID"]} - set(provider.clients))]
    rules.check_provider(clients, provider.thumbprints)
    providers.put(call.store, provider._replace(clients=clients))
    return {}


@operation("RemoveClientIDFromOpenIDConnectProvider", on=resources.oidc_provider)
def remove_client_id_from_open_id_connect_provider(call: Call) -> dict[str, Any]:
    """Let a client's tokens in no longer; it is no error when they were not."""
    provider = the_provider(call)
    clients = [client for client in provider.clients if client != call.input["ClientID"]]
    providers.put(call.store, provider._replace(clients=clients))
    return {}


@operation("DeleteOpenIDConnectProvider", on=resources.oidc_provider)
def delete_open_id_connect_provider(call: Call) -> dict[str, Any]:
    """Trust a provider no longer; roles that name it stay as they are."""
    try:
        provider = the_provider(call)
    except errors.NoSuchEntity:
        arn = call.input["OpenIDConnectProviderArn"]
        raise errors.NoSuchEntity(f"OpenId connect Provider {arn} cannot be found.") from None
    providers.remove(call.store, provider)
    return {}
