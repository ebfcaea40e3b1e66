"""Resource servers with their scopes, and the domains of pools' sign-in pages."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, resources
from cloudarium.services.cognito_idp.lookup import page, pool_of
from cloudarium.services.cognito_idp.records import oauth, pools
from cloudarium.services.cognito_idp.records.oauth import Domain, Server
from cloudarium.services.cognito_idp.records.pools import Pool

Data = dict[str, Any]
_MOST = 25
_PAGE = 50
_RESERVED = ("aws", "amazon", "cognito")


def _shown(server: Server) -> Data:
    return {"UserPoolId": server.pool, "Identifier": server.id, **server.data}


def _named(call: Call, pool: Pool) -> Server:
    server = oauth.find_server(call.store, pool.id, call.input["Identifier"])
    if server is None:
        raise errors.NotFound(f"Resource server {call.input['Identifier']} does not exist.")
    return server


def _given(call: Call) -> Data:
    scopes = call.input.get("Scopes") or []
    names = [scope["ScopeName"] for scope in scopes]
    if len(set(names)) != len(names):
        raise errors.Invalid("Scope names must be unique.")
    return {"Name": call.input["Name"], **({"Scopes": scopes} if scopes else {})}


@operation("CreateResourceServer", on=resources.pool)
def create_resource_server(call: Call) -> Data:
    """Make a resource server: an API whose scopes clients may ask for."""
    pool = pool_of(call)
    id = call.input["Identifier"]
    if oauth.find_server(call.store, pool.id, id) is not None:
        raise errors.Invalid(f"{id} already exists in user pool {pool.id}.")
    if len(oauth.servers(call.store, pool.id)) >= _MOST:
        raise errors.LimitExceeded("The maximum number of resource servers has been reached.")
    server = Server(pool.id, id, _given(call))
    oauth.put_server(call.store, server)
    return {"ResourceServer": _shown(server)}


@operation("DescribeResourceServer", on=resources.pool)
def describe_resource_server(call: Call) -> Data:
    """A resource server."""
    return {"ResourceServer": _shown(_named(call, pool_of(call)))}


@operation("UpdateResourceServer", on=resources.pool)
def update_resource_server(call: Call) -> Data:
    """Replace a resource server's name and scopes."""
    server = _named(call, pool_of(call))._replace(data=_given(call))
    oauth.put_server(call.store, server)
    return {"ResourceServer": _shown(server)}


@operation("DeleteResourceServer", on=resources.pool)
def delete_resource_server(call: Call) -> Data:
    """Delete a resource server; clients keep its scopes, which nobody can ask for any more."""
    oauth.remove_server(call.store, _named(call, pool_of(call)))
    return {}


@operation("ListResourceServers", on=resources.pool)
def list_resource_servers(call: Call) -> Data:
    """The resource servers of a pool."""
    found = oauth.servers(call.store, pool_of(call).id)
    limit = call.input.get("MaxResults") or _PAGE
    chosen, token = page(found, [server.id for server in found], limit, call.input.get("NextToken"))
    return {"ResourceServers": [_shown(server) for server in chosen], **({"NextToken": token} if token else {})}


# ---- domains ---------------------------------------------------------------------------------------------------------


def _version(call: Call, present: int) -> int:
    version: int = call.input.get("ManagedLoginVersion", present)
    if version not in (1, 2):
        raise errors.Invalid("ManagedLoginVersion must be 1 or 2.")
    return version


@operation("CreateUserPoolDomain", on=resources.pool, refuses=("CustomDomainConfig", "Routing"))
def create_user_pool_domain(call: Call) -> Data:
    """Give a pool's sign-in pages a name."""
    pool = pool_of(call)
    name = call.input["Domain"]
    if any(word in name for word in _RESERVED):
        raise errors.Invalid(f"Domain cannot contain reserved word: {next(word for word in _RESERVED if word in name)}")
    if oauth.find_domain(call.store, name) is not None:
        raise errors.Invalid("Domain already associated with another user pool.")
    if oauth.domain_of(call.store, pool.id) is not None:
        raise errors.Invalid("User pool already has a domain configured.")
    version = _version(call, 1)
    oauth.put_domain(call.store, Domain(name, pool.id, {"ManagedLoginVersion": version}))
    return {"ManagedLoginVersion": version}


@operation("DescribeUserPoolDomain")
def describe_user_pool_domain(call: Call) -> Data:
    """A domain, or nothing where there is none."""
    domain = oauth.find_domain(call.store, call.input["Domain"])
    pool = pools.find(call.store, domain.pool) if domain is not None else None
    if domain is None or pool is None or pool.scope != call.scope:
        return {"DomainDescription": {}}
    about = {"UserPoolId": pool.id, "AWSAccountId": pool.scope.account, "Domain": domain.name, "Status": "ACTIVE"}
    return {"DomainDescription": {**about, "CustomDomainConfig": {}, **domain.data}}


@operation("UpdateUserPoolDomain", on=resources.pool, refuses=("CustomDomainConfig", "Routing"))
def update_user_pool_domain(call: Call) -> Data:
    """Say which generation of sign-in pages a domain shows; here they look the same."""
    pool = pool_of(call)
    domain = oauth.find_domain(call.store, call.input["Domain"])
    if domain is None or domain.pool != pool.id:
        raise errors.Invalid("No such domain or user pool exists.")
    version = _version(call, domain.data["ManagedLoginVersion"])
    oauth.put_domain(call.store, domain._replace(data={**domain.data, "ManagedLoginVersion": version}))
    return {"ManagedLoginVersion": version}


@operation("DeleteUserPoolDomain", on=resources.pool)
def delete_user_pool_domain(call: Call) -> Data:
    """Take the name of a pool's sign-in pages away."""
    pool = pool_of(call)
    domain = oauth.find_domain(call.store, call.input["Domain"])
    if domain is None or domain.pool != pool.id:
        raise errors.Invalid("No such domain or user pool exists.")
    oauth.remove_domain(call.store, domain)
    return {}
