"""CloudFormation's templates, as JSON and as YAML, through all of their functions; stack policies; parameters."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from cloudarium.gateway.http import HttpRequest
from tests.fuzz.area import area, grammar
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Target
from tests.fuzz.wire import line

_PARAMETER = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}


def _with_value(value: Any, **sections: Any) -> dict[str, Any]:
    properties = {"Type": "String", "Value": value}
    return {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": properties}}, **sections}


_TEMPLATES: tuple[dict[str, Any], ...] = (
    _with_value({"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}, {"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}]]}),
    _with_value({"Fn::Sub": ["${x}-${AWS::StackName}-${!lit}-${P2}", {"x": {"Fn::GetAZs": ""}}]}, Parameters={
        "P2": {"Type": "String", "Default": "aaaa", "AllowedPattern": "^[a-z]+$", "MinLength": 1, "MaxLength": 9}}),
    _with_value({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k", {"DefaultValue": "x"}]}, Mappings={
        "M": {"us-east-1": {"k": "v"}}}, Transform="AWS::LanguageExtensions"),
    _with_value({"Fn::If": ["C", {"Fn::Base64": "x"}, {"Ref": "AWS::NoValue"}]}, Conditions={
        "C": {"Fn::And": [{"Fn::Equals": [{"Ref": "AWS::AccountId"}, "1"]}, {"Fn::Not": [{"Condition": "D"}]}]},
        "D": {"Fn::Or": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["b", "c"]}]}}),
    _with_value("{{resolve:ssm:fuzz:1}}", Outputs={"O": {"Value": {"Fn::GetAtt": ["P", "Value"]},
    "Export": {"Name": "e"}}}),
    _with_value({"Fn::ToJsonString": {"a": [1, {"b": None}]}}, Transform=["AWS::LanguageExtensions"]),
    {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::Loop": [
        "X", ["A", "B"], {"P${X}": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String",
        "Value": {"Ref": "X"}}}}]}},
    {"Parameters": {"N": {"Type": "Number", "Default": 3, "MinValue": 1, "MaxValue": 9},
    "L": {"Type": "CommaDelimitedList",
     "Default": "a,b"}, "S": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "fuzz"}}, "Resources": {
        "A": {**_PARAMETER, "DependsOn": ["B"], "DeletionPolicy": "Retain", "Metadata": {"x": 1}}, "B": _PARAMETER},
     "Rules": {"R": {"Assertions": [{"Assert": {"Fn::Contains": [["a"], {"Ref": "N"}]}, "AssertDescription": "no"}]}}},
    _with_value({"Fn::Cidr": ["10.0.0.0/16", 4, 8]}, Outputs={"O": {"Value": {"Fn::Length": [1, 2]},
    "Condition": "C"}}),
    {"Resources": {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 3, "Tags": [{"Key": "a",
    "Value": "b"}]}},
                   "W": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}},
)  # fmt: skip
_YAML = (
    "Resources:\n  P:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Type: String\n      Value: !Sub "
    "'${AWS::Region}-x'\n",
    "AWSTemplateFormatVersion: 2010-09-09\nParameters:\n  A: {Type: String, Default: yes}\nResources:\n  P:\n"
    "    Type: AWS::SSM::Parameter\n    Properties: &p\n      Type: String\n      Value: !Join [',', [!Ref A, "
    "!GetAtt Q.Value]]\n"
    "  Q:\n    Type: AWS::SSM::Parameter\n    Properties: {<<: *p, Value: !If [C, |\n        text, 0x1F]}\n"
    "Conditions:\n  C: !Not [!Equals [!Ref A, 1_000]]\n",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nResources: *c\n",
)
_WORDS = (
    "Ref Fn::Sub Fn::Join Fn::If Fn::GetAtt Fn::Select Fn::Split Fn::FindInMap Fn::ImportValue Fn::Cidr Fn::Length "
    "Fn::Base64 "
    "Fn::ForEach::L Fn::ToJsonString Fn::Transform Fn::And Fn::Or Fn::Not Fn::Equals Condition Conditions Resources "
    "Outputs Mappings "
    "Parameters Transform Rules Type Properties DependsOn AWS::Region AWS::NoValue AWS::StackName "
    "AWS::SSM::Parameter ${ ${P} "
    "${P.Value} ${!x} {{resolve:ssm:fuzz}} {{resolve:ssm:fuzz:9}} {{resolve:secretsmanager:x}} {{resolve: C D P A B "
    "L N "
    "AWS::CloudFormation::WaitConditionHandle AWS::Include AllowedPattern (a*)*b a*a*a*a*a*a*a*b !Ref !Sub !GetAtt & "
    "* *a &a << "
    "!!python/object:x !!binary !!timestamp | > - ? [ ] { } , : 0x1F 0o7 1:30 .inf .nan ~ yes"
)


def _prepare(target: Target) -> None:
    target.do("ssm", "PutParameter", Name="fuzz", Value="v", Type="String")


def _template(target: Target, text: str) -> None:
    """Check, summarise and deploy; then change the stack into another, and delete it."""
    target.ask("cloudformation", "ValidateTemplate", TemplateBody=text)
    target.ask("cloudformation", "GetTemplateSummary", TemplateBody=text)
    values = [{"ParameterKey": "P2", "ParameterValue": "a" * 40}] if "P2" in text else []
    allowed = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    made = target.ask(
        "cloudformation", "CreateStack", StackName="s", TemplateBody=text, Parameters=values, Capabilities=allowed
    )
    target.settle()
    if made.status < 300:
        target.ask("cloudformation", "DescribeStacks", StackName="s")
        target.ask("cloudformation", "DescribeStackEvents", StackName="s")
        target.ask("cloudformation", "DeleteStack", StackName="s")
        target.settle()


grammar("cloudformation-json", _TEMPLATES, _template, _WORDS, _prepare)
grammar("cloudformation-yaml", _YAML, _template, _WORDS, _prepare)


def _two(target: Target) -> None:
    _prepare(target)
    target.do("cloudformation", "CreateStack", StackName="s", TemplateBody=json.dumps({"Resources": {"B": _PARAMETER}}))
    target.settle()


def _update(target: Target, text: str) -> None:
    """A change set from what is to a varied template, shown and carried out."""
    made = target.ask("cloudformation", "CreateChangeSet", StackName="s", ChangeSetName="c", TemplateBody=text,
                      Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])  # fmt: skip
    target.settle()
    if made.status < 300:
        target.ask("cloudformation", "DescribeChangeSet", StackName="s", ChangeSetName="c", IncludePropertyValues=True)
        target.ask("cloudformation", "ExecuteChangeSet", StackName="s", ChangeSetName="c")
        target.settle()
        target.ask("cloudformation", "DeleteChangeSet", StackName="s", ChangeSetName="c")


grammar("cloudformation-changes", _TEMPLATES, _update, _WORDS, _two)

_FUNCTION = {
    "Type": "AWS::Serverless::Function",
    "Properties": {"Runtime": "python3.11", "Handler": "a.b", "InlineCode": "def b(e, c): pass",
                   "Events": {"E": {"Type": "HttpApi", "Properties": {"Path": "/x", "Method": "get"}}},
                   "Policies": [{"S3ReadPolicy": {"BucketName": "b"}}]},
}  # fmt: skip
_SAM: tuple[dict[str, Any], ...] = (
    {"Transform": "AWS::Serverless-2016-10-31", "Globals": {"Function": {"Timeout": 3}}, "Resources": {"F": _FUNCTION}},
    {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"T": {"Type": "AWS::Serverless::SimpleTable",
    "Properties": {}}, "L": {
        "Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "s3://b/k"}}}},
)  # fmt: skip


def _sam(target: Target, text: str) -> None:
    """The transform in its worker; nothing is deployed, so that no function's process is."""
    made = target.ask("cloudformation", "CreateChangeSet", StackName="sam", ChangeSetName="c", ChangeSetType="CREATE",
                      TemplateBody=text, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])  # fmt: skip
    target.settle()
    if made.status < 300:
        target.ask("cloudformation", "DescribeChangeSet", StackName="sam", ChangeSetName="c")
        target.ask("cloudformation", "DeleteStack", StackName="sam")
        target.settle()


grammar(
    "cloudformation-sam",
    _SAM,
    _sam,
    _WORDS + " AWS::Serverless::Function AWS::Serverless::Api Globals Events HttpApi Api S3",
)

_STACK_POLICY = {"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*",
"Resource": "LogicalResourceId/B",
                                "Condition": {"StringEquals": {"ResourceType": ["AWS::SSM::Parameter"]}}}]}  # fmt: skip


def _policy(target: Target, text: str) -> None:
    target.ask("cloudformation", "SetStackPolicy", StackName="s", StackPolicyBody=text)
    template = json.dumps(
        {"Resources": {"B": {**_PARAMETER, "Properties": {"Type": "String", "Value": text[:20] or "x"}}}}
    )
    target.ask("cloudformation", "UpdateStack", StackName="s", TemplateBody=template)
    target.settle()


grammar("cloudformation-stack-policy", (_STACK_POLICY,), _policy, "Update:* Update:Modify NotAction StringLike *", _two)


@area("cloudformation-door")
def _door(target: Target, source: Random) -> None:
    """What a custom resource's function sends to its response URL."""
    mutator = Mutator(source, ["Status", "SUCCESS", "FAILED", "PhysicalResourceId", "Data", "Reason", "UniqueId"])
    if "signal" not in target.known:
        handle = {"W": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
        template = {"Resources": handle, "Outputs": {"U": {"Value": {"Ref": "W"}}}}
        target.do("cloudformation", "CreateStack", StackName="w", TemplateBody=json.dumps(template))
        target.settle()
        stack = target.do("cloudformation", "DescribeStacks", StackName="w")["Stacks"][0]
        target.known["signal"] = stack["Outputs"][0]["OutputValue"]
    path, _, query = target.known["signal"].partition("://")[2].partition("?")
    path = "/" + path.partition("/")[2]
    if source.random() < 0.3:
        path = line(mutator.text(path))
    body = mutator.data(b'{"Status": "SUCCESS", "Reason": "x", "UniqueId": "1", "Data": "y"}')
    headers = {"host": "127.0.0.1:4566"}
    target.judge(
        HttpRequest(
            source.choice(("PUT", "PUT", "POST", "GET")), path if path[:1] == "/" else "/" + path, query, headers, body
        )
    )
