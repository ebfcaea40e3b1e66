"""Who calls: the principals of AWS and the credentials that prove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["root", "user", "role", "service", "federated", "anonymous"]
ContextValue = str | Sequence[str]

LINKED_ROLE = ":role/aws-service-role/"  # in the ARNs of service-linked roles, which no organisation limits

_TYPES = {
    "root": "Account",
    "user": "User",
    "role": "AssumedRole",
    "federated": "FederatedUser",
    "anonymous": "Anonymous",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """One caller; `kind` "role" is a session of a role (its `arn` is the session's, `role_arn` the role's).

    A federated user made by GetFederationToken has its IAM user's ARN in `role_arn`: it too acts below that identity.
    One without is whom an identity provider vouches for while he asks for a role; `name` is that provider's.
    `session_context` are condition keys fixed when the session was made (aws:SourceIdentity, aws:TokenIssueTime, …).
    """

    kind: Kind
    account: str
    arn: str
    id: str = ""
    name: str = ""
    access_key_id: str = ""
    role_arn: str = ""
    session_policies: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    expires: float | None = None
    session_context: Mapping[str, ContextValue] = field(default_factory=dict)

    @property
    def outside(self) -> bool:
        """Whether this is nobody of any account: whom an identity provider vouches for, while he asks for a role."""
        return self.kind == "federated" and not self.role_arn

    @classmethod
    def root(cls, account: str, access_key_id: str = "") -> Principal:
        """The root of an account: its owner, whom no identity policy limits."""
        return cls("root", account, f"arn:aws:iam::{account}:root", id=account, access_key_id=access_key_id)

    @classmethod
    def service(cls, name: str, account: str = "") -> Principal:
        """A service that acts for itself, e.g. `s3.amazonaws.com`; `account` is the account it works for."""
        return cls("service", account, name, id=name, name=name)

    @classmethod
    def anonymous(cls) -> Principal:
        """A caller who did not sign."""
        return cls("anonymous", "anonymous", "anonymous", id="anonymous")

    @classmethod
    def user(
        cls,
        account: str,
        name: str,
        *,
        path: str = "/",
        id: str = "",
        access_key_id: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> Principal:
        """An IAM user."""
        arn = f"arn:aws:iam::{account}:user{path}{name}"
        return cls("user", account, arn, id=id, name=name, access_key_id=access_key_id, tags=tags or {})

    @classmethod
    def session(
        cls,
        role_arn: str,
        session_name: str,
        *,
        role_id: str = "",
        access_key_id: str = "",
        session_policies: tuple[str, ...] = (),
        tags: Mapping[str, str] | None = None,
        expires: float | None = None,
        session_context: Mapping[str, ContextValue] | None = None,
    ) -> Principal:
        """A session of a role; the role's path is not part of the session's ARN, as on AWS."""
        account = role_arn.split(":")[4]
        role = role_arn.rsplit("/", 1)[-1]
        return cls(
            "role",
            account,
            f"arn:aws:sts::{account}:assumed-role/{role}/{session_name}",
            id=f"{role_id}:{session_name}",
            name=session_name,
            access_key_id=access_key_id,
            role_arn=role_arn,
            session_policies=session_policies,
            tags=tags or {},
            expires=expires,
            session_context=session_context or {},
        )


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key or a session's temporary credentials, as the signature check needs them.

    `status` is "Active" or "Inactive"; `token` is the session token that must come with the key (None: a long-term
    key); `expires` is epoch seconds.
    """

    principal: Principal
    secret: str
    status: str = "Active"
    token: str | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class PrincipalPolicies:
    """The policy texts of a principal, as its identity store has them: (name, document) pairs.

    `service_control` has what its organisation attached to each level above its account, the root first. `bearers` are
    the ARNs of the user, group or role that each of `identity` is attached to.
    """

    identity: tuple[tuple[str, str], ...] = ()
    boundary: tuple[str, str] | None = None
    service_control: tuple[tuple[tuple[str, str], ...], ...] = ()
    bearers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """An account's place in an organisation: the organisation's id and the account's path in it.

    The path is `o-…/r-…/ou-…/` as aws:PrincipalOrgPaths has it.
    """

    organization: str
    path: str


@dataclass(frozen=True, slots=True)
class RoleInfo:
    """What another room needs to know of a role: enough to run something as it."""

    arn: str
    id: str
    name: str
    trust_policy: str
    tags: Mapping[str, str] = field(default_factory=dict)
    max_session: int = 3600


def context_of(principal: Principal) -> dict[str, ContextValue]:
    """The condition keys that every request of this principal has, names in lower case.

    aws:PrincipalArn of a session is the role's ARN, and aws:username exists for users only.
    """
    context: dict[str, ContextValue] = {"aws:principalisawsservice": "false"}
    kind = principal.kind
    if kind == "service":
        context["aws:principalisawsservice"] = "true"
        context["aws:principalservicename"] = principal.name
        context["aws:principalservicenameslist"] = (principal.name,)
        return context
    if principal.outside:
        return context
    context["aws:principaltype"] = _TYPES[kind]
    context["aws:userid"] = principal.id
    context["aws:principalaccount"] = principal.account
    if kind == "anonymous":
        return context
    context["aws:principalarn"] = principal.role_arn if kind == "role" else principal.arn
    if kind == "user":
        context["aws:username"] = principal.name
    for key, value in principal.tags.items():
        context[f"aws:principaltag/{key.lower()}"] = value
    for key, fixed in principal.session_context.items():
        context[key.lower()] = fixed
    return context
