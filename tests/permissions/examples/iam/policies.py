"""Policies: inline, attached, managed with their versions."""

from __future__ import annotations

from tests.permissions.example import Also, Case, Examples, Stage
from tests.permissions.examples.iam.entities import TAGGED
from tests.permissions.examples.iam.made import POLICY, READ_ONLY, TAGS, named

EXAMPLES = Examples()

for _kind, _noun in (("user", "User"), ("group", "Group"), ("role", "Role")):
    _inline = {"PolicyName": "p"}
    _put = (f"put_{_kind}_policy", {**_inline, "PolicyDocument": POLICY})
    EXAMPLES.add(f"Put{_noun}Policy", named(_kind, **_inline, PolicyDocument=POLICY))
    EXAMPLES.add(f"Get{_noun}Policy", named(_kind, [_put], **_inline))
    EXAMPLES.add(f"Delete{_noun}Policy", named(_kind, [_put], **_inline))
    EXAMPLES.add(f"List{_noun}Policies", named(_kind))
    _attach = (f"attach_{_kind}_policy", {"PolicyArn": READ_ONLY})
    EXAMPLES.add(f"Attach{_noun}Policy", named(_kind, PolicyArn=READ_ONLY))
    EXAMPLES.add(f"Detach{_noun}Policy", named(_kind, [_attach], PolicyArn=READ_ONLY))
    EXAMPLES.add(f"ListAttached{_noun}Policies", named(_kind))


# ---- managed policies ------------------------------------------------------------------------------------------------


@EXAMPLES("CreatePolicy")
def create_policy(at: Stage) -> Case:
    arn = at.arn(f"policy/eng/{at.name}", region="")
    given = {"PolicyName": at.name, "Path": "/eng/", "PolicyDocument": POLICY, "Tags": TAGS}
    names = {"iam:CreatePolicy": f"policy {at.name}", "iam:TagPolicy": f"policy {at.name}"}
    return Case(given, arn, also=[Also("iam:TagPolicy", arn, TAGGED)], said=names)


@EXAMPLES("GetPolicy", "DeletePolicy", "ListPolicyVersions", "ListEntitiesForPolicy")
def by_arn(at: Stage) -> Case:
    arn = at.root().create_policy(PolicyName=at.name, PolicyDocument=POLICY)["Policy"]["Arn"]
    return Case(
        {"PolicyArn": arn}, arn, said={} if "tag" in at.operation.lower() else {f"iam:{at.operation}": f"policy {arn}"}
    )


@EXAMPLES("CreatePolicyVersion")
def create_policy_version(at: Stage) -> Case:
    ready = by_arn(at)
    return Case({**ready.input, "PolicyDocument": POLICY, "SetAsDefault": True}, ready.on, said=ready.said)


@EXAMPLES("GetPolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion")
def by_version(at: Stage) -> Case:
    ready = by_arn(at)
    at.root().create_policy_version(**ready.input, PolicyDocument=POLICY)
    return Case({**ready.input, "VersionId": "v2"}, ready.on, said=ready.said)
