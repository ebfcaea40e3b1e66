"""IAM's answers to the gateway: whose access key is this, which policies has this principal, which role is this."""

from __future__ import annotations

from cloudarium.policy.principal import Credential, Principal, PrincipalPolicies, RoleInfo
from cloudarium.services.iam import managed
from cloudarium.services.iam.records import credentials, entities, policies
from cloudarium.services.iam.resources import find_arn
from cloudarium.store import Store

# A federated user whom a root made has the root's power, within its session policies.
_ROOT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def find_credential(store: Store, access_key_id: str) -> Credential | None:
    """The user behind a long-term access key."""
    key = credentials.access_key(store, access_key_id)
    user = entities.find(store, key.account, "user", key.user) if key is not None else None
    if key is None or user is None:
        return None
    principal = Principal.user(
        user.account, user.name, path=user.path, id=user.id, access_key_id=key.id, tags=store.tags.of(user.arn)
    )
    return Credential(principal, key.secret, key.status)


def policies_of(store: Store, principal: Principal) -> PrincipalPolicies | None:
    """The identity policies of a user, a role's session or a federated user; None when there is no such identity."""
    arn = principal.role_arn or principal.arn
    if principal.kind == "federated" and arn.endswith(":root"):
        return PrincipalPolicies((("root", _ROOT),))
    found = find_arn(store, arn) if principal.kind in ("user", "role", "federated") else None
    if found is None:
        return None
    bearers = [found]
    if found.kind == "user":
        bearers += entities.containers(store, found.account, "group", found.name)
    texts = [(bearer.arn, text) for bearer in bearers for text in _texts_of(store, bearer)]
    boundary = document_of(store, found.boundary) if found.boundary else None
    return PrincipalPolicies(
        tuple(text for _, text in texts),
        (found.boundary, boundary) if boundary is not None else None,
        bearers=tuple(bearer for bearer, _ in texts),
    )


def find_role(store: Store, arn: str) -> RoleInfo | None:
    """The role with this ARN."""
    found = find_arn(store, arn) if ":role/" in arn else None
    if found is None:
        return None
    return RoleInfo(found.arn, found.id, found.name, found.trust, store.tags.of(found.arn), found.max_session)


def exists(store: Store, principal: str) -> bool:
    """Whether there is a user or role of this ARN or unique id, or a role of which it is a session."""
    if not principal.startswith("arn:"):
        return entities.with_id(store, principal.partition(":")[0]) is not None
    if ":assumed-role/" in principal:
        _, name, *_ = principal.split("/")
        return entities.find(store, principal.split(":")[4], "role", name) is not None
    return find_arn(store, principal) is not None


def document_of(store: Store, arn: str) -> str | None:
    """The text of a managed policy's default version."""
    if managed.find(arn) is not None:
        return managed.document(arn)
    policy = policies.find(store, arn)
    version = policies.version(store, arn, policy.default_version) if policy is not None else None
    return version.document if version is not None else None


def _texts_of(store: Store, bearer: entities.Entity) -> list[tuple[str, str]]:
    where = (bearer.account, bearer.kind, bearer.name)
    texts = [(one.policy, one.document) for one in policies.inline(store, *where)]
    for arn in policies.attached(store, *where):
        document = document_of(store, arn)
        if document is not None:
            texts.append((arn, document))
    return texts
