"""What an account has as a whole: alias, password policy, summary."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, rules
from cloudarium.services.iam.records import credentials, entities, policies, providers

_QUOTAS = {
    "UsersQuota": 5000,
    "GroupsQuota": 300,
    "RolesQuota": 1000,
    "InstanceProfilesQuota": 1000,
    "PoliciesQuota": 1500,
    "ServerCertificatesQuota": 20,
    "AccessKeysPerUserQuota": rules.ACCESS_KEYS,
    "SigningCertificatesPerUserQuota": 2,
    "GroupsPerUserQuota": rules.GROUPS_OF_USER,
    "AttachedPoliciesPerUserQuota": rules.ATTACHED_POLICIES,
    "AttachedPoliciesPerGroupQuota": rules.ATTACHED_POLICIES,
    "AttachedPoliciesPerRoleQuota": rules.ATTACHED_POLICIES,
    "UserPolicySizeQuota": rules.INLINE_SIZES["user"],
    "GroupPolicySizeQuota": rules.INLINE_SIZES["group"],
    "RolePolicySizeQuota": rules.INLINE_SIZES["role"],
    "AssumeRolePolicySizeQuota": rules.TRUST_POLICY_SIZE,
    "PolicySizeQuota": rules.MANAGED_POLICY_SIZE,
    "VersionsPerPolicyQuota": rules.POLICY_VERSIONS,
    "PolicyVersionsInUseQuota": 10000,
    "GlobalEndpointTokenVersion": 1,
}
# Kinds of things that cannot be made here, so there are none.
_NONE_OF = (
    "AccountMFAEnabled",
    "AccountAccessKeysPresent",
    "AccountPasswordPresent",
    "AccountSigningCertificatesPresent",
    "MFADevices",
    "MFADevicesInUse",
    "ServerCertificates",
)


@operation("CreateAccountAlias")
def create_account_alias(call: Call) -> dict[str, Any]:
    """Give the account an alias in place of the one it has; aliases are unique in the cloud."""
    alias = call.input["AccountAlias"]
    rules.check_alias(alias)
    if credentials.alias_owner(call.store, alias) is not None:
        raise errors.EntityAlreadyExists(f"The account alias {alias} already exists.")
    credentials.set_alias(call.store, call.account, alias)
    return {}


@operation("ListAccountAliases")
def list_account_aliases(call: Call) -> dict[str, Any]:
    """The account's alias, at most one."""
    alias = credentials.alias(call.store, call.account)
    chosen, more = rules.page(call.input, [alias] if alias else [], lambda name: name)
    return {"AccountAliases": chosen, **more}


@operation("DeleteAccountAlias")
def delete_account_alias(call: Call) -> dict[str, Any]:
    """Take the account's alias away."""
    alias = call.input["AccountAlias"]
    if credentials.alias(call.store, call.account) != alias:
        raise errors.NoSuchEntity(f"The account alias {alias} cannot be found.")
    credentials.set_alias(call.store, call.account, None)
    return {}


@operation("GetAccountPasswordPolicy")
def get_account_password_policy(call: Call) -> dict[str, Any]:
    """The account's own password policy."""
    policy = _policy(call)
    age = policy.get("MaxPasswordAge", 0)
    return {"PasswordPolicy": {**policy, "ExpirePasswords": age > 0}}


@operation("UpdateAccountPasswordPolicy")
def update_account_password_policy(call: Call) -> dict[str, Any]:
    """Set the account's password policy; what is left out goes back to its default."""
    kept = dict(rules.DEFAULT_PASSWORD_POLICY)
    for name in (*kept, "MaxPasswordAge", "PasswordReusePrevention", "HardExpiry"):
        if name in call.input:
            kept[name] = call.input[name]
    credentials.set_password_policy(call.store, call.account, kept)
    return {}


@operation("DeleteAccountPasswordPolicy")
def delete_account_password_policy(call: Call) -> dict[str, Any]:
    """Go back to AWS's default password policy."""
    if credentials.password_policy(call.store, call.account) is None:
        raise errors.NoSuchEntity("The account policy with name PasswordPolicy cannot be found.")
    credentials.set_password_policy(call.store, call.account, None)
    return {}


def _policy(call: Call) -> dict[str, Any]:
    policy = credentials.password_policy(call.store, call.account)
    if policy is None:
        raise errors.NoSuchEntity(f"The Password Policy with domain name {call.account} cannot be found.")
    return policy


@operation("GetAccountSummary")
def get_account_summary(call: Call) -> dict[str, Any]:
    """How much of what the account has, and its quotas."""
    own = policies.every(call.store, call.account)
    attachments, _ = policies.counts(call.store, call.account)
    summary = {
        **_QUOTAS,
        **dict.fromkeys(_NONE_OF, 0),
        "Users": entities.count(call.store, call.account, "user"),
        "Groups": entities.count(call.store, call.account, "group"),
        "Roles": entities.count(call.store, call.account, "role"),
        "Providers": len(providers.every(call.store, call.account)),
        "InstanceProfiles": entities.count(call.store, call.account, "instance-profile"),
        "Policies": len(own),
        "PolicyVersionsInUse": sum(len(policies.versions(call.store, policy.arn)) for policy in own)
        + sum(arn.startswith("arn:aws:iam::aws:") for arn in attachments),
    }
    return {"SummaryMap": summary}
