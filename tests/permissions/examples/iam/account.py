"""The account as a whole: alias, password policy, summary, simulations."""

from __future__ import annotations

from tests.permissions.example import Case, Example, Examples, Stage
from tests.permissions.examples.iam.made import POLICY, make

EXAMPLES = Examples()

ASKED = {"ActionNames": ["s3:ListAllMyBuckets"]}


@EXAMPLES(
    "ListAccountAliases",
    "UpdateAccountPasswordPolicy",
    "GetAccountSummary",
    "GetAccountAuthorizationDetails",
    "ListOpenIDConnectProviders",
)
def of_the_account(at: Stage) -> Case:
    return Case()


@EXAMPLES("ListPolicies")
def list_policies(at: Stage) -> Case:
    return Case({"PathPrefix": "/eng/"}, said={"iam:ListPolicies": "policy path /eng/"})


@EXAMPLES("CreateAccountAlias")
def create_account_alias(at: Stage) -> Case:
    return Case({"AccountAlias": at.name})


@EXAMPLES("DeleteAccountAlias")
def delete_account_alias(at: Stage) -> Case:
    at.root().create_account_alias(AccountAlias=at.name)
    return Case({"AccountAlias": at.name})


@EXAMPLES("GetAccountPasswordPolicy", "DeleteAccountPasswordPolicy")
def of_the_password_policy(at: Stage) -> Case:
    at.root().update_account_password_policy(MinimumPasswordLength=8)
    return Case()


def listed(kind: str) -> Example:
    """The example of a listing of entities under a path: it is asked on the path."""
    outside = "AWS asks on the path as an ARN: iam:ListUsers on resource: arn:aws:iam::ACCOUNT:user/PATH."

    def ready(at: Stage) -> Case:
        on = at.arn(f"{kind}/eng/", region="")
        return Case(
            {"PathPrefix": "/eng/"}, on, outside=outside, wrong={f"iam:{at.operation}": [at.arn(f"{kind}/", region="")]}
        )

    return ready


for _operation, _kind in (
    ("ListUsers", "user"),
    ("ListGroups", "group"),
    ("ListRoles", "role"),
    ("ListInstanceProfiles", "instance-profile"),
):
    EXAMPLES.add(_operation, listed(_kind))


# ---- the simulator ---------------------------------------------------------------------------------------------------


@EXAMPLES("SimulateCustomPolicy")
def simulate_custom_policy(at: Stage) -> Case:
    return Case({"PolicyInputList": [POLICY], **ASKED})


@EXAMPLES("GetContextKeysForCustomPolicy")
def get_context_keys_for_custom_policy(at: Stage) -> Case:
    return Case({"PolicyInputList": [POLICY]})


@EXAMPLES("SimulatePrincipalPolicy")
def simulate_principal_policy(at: Stage) -> Case:
    arn = make(at, "role")
    return Case({"PolicySourceArn": arn, **ASKED}, arn)


@EXAMPLES("GetContextKeysForPrincipalPolicy")
def get_context_keys_for_principal_policy(at: Stage) -> Case:
    arn = make(at, "user")
    return Case({"PolicySourceArn": arn}, arn)
