"""Calls of CloudFormation that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage
from tests.services.cloudformation.conftest import HANDLE, group

EXAMPLES = Examples()

ONE = {"Resources": {"A": {"Type": HANDLE}}}
TWO = {"Resources": {"A": {"Type": HANDLE}, "B": {"Type": HANDLE}}}
POLICY = json.dumps({"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]})
SERVERLESS = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"T": {"Type": "AWS::Serverless::SimpleTable"}}}
WAITING = {
    "Resources": {
        "A": {"Type": HANDLE},
        "H": {"Type": HANDLE},
        "W": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "H"}, "Timeout": "43200"}},
    }
}
PASSED = "CloudFormation user guide, Service role: who gives a stack a role must have iam:PassRole for it."
LISTED_ON = "AWS asks on all stacks of the region, arn:aws:cloudformation:REGION:ACCOUNT:stack/*/*."
WHOLE = "DescribeStacks API reference: without StackName it needs both ListStacks and DescribeStacks."


def body(template: dict[str, Any]) -> str:
    """A template's text."""
    return json.dumps(template)


def created(at: Stage, template: dict[str, Any] | None = None, **options: Any) -> str:
    """The ARN of a new stack of the operation's name, when it has come to its end."""
    text = body(template or ONE)
    return done(at, at.root().create_stack(StackName=at.name, TemplateBody=text, **options)["StackId"])


def done(at: Stage, stack: str) -> str:
    """The stack, when nothing that is due is left to do."""
    at.cloud.settle()
    return stack


def role(at: Stage) -> Also:
    """The permission to pass the role with which CloudFormation works in this account."""
    return Also("iam:PassRole", at.once(_role), PASSED)


def _role(at: Stage) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    iam = at.root("iam")
    made = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=policy)
    return made["Arn"]


def new_stack(at: Stage) -> str:
    """By what a policy names a stack that is still to be made: AWS gives it an id of its own."""
    return at.arn(f"stack/{at.name}/*")


# ---- stacks ----------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateStack")
def create_stack(at: Stage) -> Case:
    passed = role(at)
    given = {"StackName": at.name, "TemplateBody": body(ONE), "RoleARN": passed.resource}
    return Case(given, new_stack(at), also=[passed])


@EXAMPLES("UpdateStack")
def update_stack(at: Stage) -> Case:
    stack, passed = created(at), role(at)
    given = {"StackName": at.name, "TemplateBody": body(TWO), "RoleARN": passed.resource}
    return Case(given, stack, also=[passed])


@EXAMPLES("DeleteStack")
def delete_stack(at: Stage) -> Case:
    stack, passed = created(at), role(at)
    return Case({"StackName": at.name, "RoleARN": passed.resource}, stack, also=[passed])


@EXAMPLES("DeleteStack", variant="StoredRole")
def delete_stack_with_its_role(at: Stage) -> Case:
    """The stack keeps the role it was made with: nobody need pass it again (CreateStack API reference)."""
    return Case({"StackName": at.name}, created(at, RoleARN=role(at).resource))


@EXAMPLES(
    "DescribeStacks",
    "DescribeStackEvents",
    "DescribeStackResources",
    "ListStackResources",
    "GetStackPolicy",
    "GetTemplate",
    "GetTemplateSummary",
    "ListChangeSets",
)
def by_name(at: Stage) -> Case:
    return Case({"StackName": at.name}, created(at))


@EXAMPLES("DescribeStacks", variant="All")
def describe_all_stacks(at: Stage) -> Case:
    """AWS asks for both permissions when no stack is named."""
    listing = Also("cloudformation:ListStacks", at.arn("stack/*/*"), WHOLE)
    return Case({}, "*", also=[listing], outside=f"{WHOLE} {LISTED_ON}")


@EXAMPLES("DescribeStackResource")
def describe_stack_resource(at: Stage) -> Case:
    return Case({"StackName": at.name, "LogicalResourceId": "A"}, created(at))


@EXAMPLES("ListStacks")
def list_stacks(at: Stage) -> Case:
    return Case({}, at.arn("stack/*/*"), outside=LISTED_ON)


@EXAMPLES("SetStackPolicy")
def set_stack_policy(at: Stage) -> Case:
    return Case({"StackName": at.name, "StackPolicyBody": POLICY}, created(at))


@EXAMPLES("UpdateTerminationProtection")
def update_termination_protection(at: Stage) -> Case:
    return Case({"StackName": at.name, "EnableTerminationProtection": True}, created(at))


# ---- ways out of a deployment that goes wrong ------------------------------------------------------------------------


def updating(at: Stage, template: dict[str, Any], **options: Any) -> str:
    """A stack whose update waits for a signal that nobody sends."""
    stack = created(at, template)
    waiting = {"Resources": {**WAITING["Resources"], **options}}
    at.root().update_stack(StackName=at.name, TemplateBody=body(waiting))
    return done(at, stack)


@EXAMPLES("CancelUpdateStack")
def cancel_update_stack(at: Stage) -> Case:
    return Case({"StackName": at.name}, updating(at, ONE))


@EXAMPLES("ContinueUpdateRollback")
def continue_update_rollback(at: Stage) -> Case:
    """A log group that somebody deletes meanwhile cannot be set back."""
    name, passed = f"{at.name}-group", role(at)
    before = {"Resources": {"G": group(LogGroupName=name, RetentionInDays=1)}}
    stack = updating(at, before, G=group(LogGroupName=name, RetentionInDays=3))
    at.root("logs").delete_log_group(logGroupName=name)
    at.root().cancel_update_stack(StackName=at.name)
    done(at, stack)
    return Case({"StackName": at.name, "RoleARN": passed.resource}, stack, also=[passed])


@EXAMPLES("RollbackStack")
def rollback_stack(at: Stage) -> Case:
    passed = role(at)
    taken = {"Resources": {"G": group(LogGroupName="/aws/no such name")}}
    stack = created(at, taken, DisableRollback=True)
    return Case({"StackName": at.name, "RoleARN": passed.resource}, stack, also=[passed])


# ---- change sets -----------------------------------------------------------------------------------------------------


def change_set(at: Stage) -> dict[str, Any]:
    """A stack's change set."""
    stack = created(at)
    made = at.root().create_change_set(StackName=at.name, ChangeSetName="c", TemplateBody=body(TWO))
    return {"stack": stack, "arn": made["Id"]}


@EXAMPLES("CreateChangeSet")
def create_change_set(at: Stage) -> Case:
    stack, passed = created(at), role(at)
    given = {"StackName": at.name, "ChangeSetName": "c", "TemplateBody": body(TWO), "RoleARN": passed.resource}
    return Case(given, stack, also=[passed])


@EXAMPLES("CreateChangeSet", variant="Transform")
def create_change_set_with_a_transform(at: Stage) -> Case:
    """A transform is a resource of its own, which belongs to AWS."""
    transform = "arn:aws:cloudformation:us-east-1:aws:transform/Serverless-2016-10-31"
    given = {"StackName": at.name, "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": body(SERVERLESS)}
    outside = "CloudFormation user guide, Controlling access: transforms are named by their ARNs, too."
    wrong = {"cloudformation:CreateChangeSet": [transform.replace("Serverless", "Include"), at.arn("stack/other/*")]}
    return Case(given, [new_stack(at), transform], outside=outside, wrong=wrong)


@EXAMPLES("DescribeChangeSet", "ExecuteChangeSet")
def by_change_set(at: Stage) -> Case:
    """The stack of the change set is asked on, though only the change set is named."""
    made = change_set(at)
    return Case({"ChangeSetName": made["arn"]}, made["stack"])


@EXAMPLES("ExecuteChangeSet", variant="Role")
def execute_change_set_with_a_role(at: Stage) -> Case:
    """Who made the change set has passed its role; who executes it need not be allowed to (CreateChangeSet API)."""
    given = {"StackName": at.name, "ChangeSetName": "c", "TemplateBody": body(ONE), "ChangeSetType": "CREATE"}
    made = at.root().create_change_set(**given, RoleARN=role(at).resource)
    done(at, made["StackId"])
    return Case({"StackName": at.name, "ChangeSetName": "c"}, made["StackId"])


@EXAMPLES("DeleteChangeSet")
def delete_change_set(at: Stage) -> Case:
    foreign = "Deleting a change set by an ARN that leads nowhere succeeds; another account's leads nowhere."
    made = change_set(at)
    return Case({"ChangeSetName": made["arn"]}, made["stack"], foreign=foreign)


# ---- the account, templates ------------------------------------------------------------------------------------------


@EXAMPLES("ListExports")
def list_exports(at: Stage) -> Case:
    return Case()


@EXAMPLES("ListImports")
def list_imports(at: Stage) -> Case:
    made = {"Value": "v", "Export": {"Name": at.name}}
    created(at, {**ONE, "Outputs": {"O": made}})
    user = {"Resources": {"G": group(LogGroupName={"Fn::ImportValue": at.name})}}
    done(at, at.root().create_stack(StackName=f"{at.name}-user", TemplateBody=body(user))["StackId"])
    return Case({"ExportName": at.name})


@EXAMPLES("ValidateTemplate")
def validate_template(at: Stage) -> Case:
    return Case({"TemplateBody": body(ONE)})


@EXAMPLES("GetTemplateSummary", variant="Body")
def get_template_summary_of_a_body(at: Stage) -> Case:
    return Case({"TemplateBody": body(ONE)}, "*", outside="No stack is named; the reference says that none need be.")
