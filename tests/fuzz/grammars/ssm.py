"""Parameter Store's names, selectors, paths, filters, policies and patterns."""

from __future__ import annotations

from tests.fuzz.area import grammar
from tests.fuzz.target import Target


def _prepare(target: Target) -> None:
    for name in ("fuzz", "/a/b", "/a/c/d"):
        target.do("ssm", "PutParameter", Name=name, Value="v", Type="String")
    target.do("ssm", "LabelParameterVersion", Name="fuzz", Labels=["one"])


def _name(target: Target, text: str) -> None:
    target.ask("ssm", "GetParameter", Name=text)
    target.ask("ssm", "GetParameters", Names=[text, "fuzz:1"])
    target.ask("ssm", "GetParametersByPath", Path=text, Recursive=True)
    target.ask("ssm", "PutParameter", Name=text, Value="v", Type="String", Overwrite=True)
    target.ask("ssm", "GetParameterHistory", Name=text)
    target.ask("ssm", "LabelParameterVersion", Name="fuzz", Labels=[text])
    target.ask(
        "ssm", "AddTagsToResource", ResourceType="Parameter", ResourceId=text, Tags=[{"Key": text, "Value": "v"}]
    )


def _pattern(target: Target, text: str) -> None:
    target.ask(
        "ssm", "PutParameter", Name="p", Value="a" * 60 + "!", Type="String", AllowedPattern=text, Overwrite=True
    )


def _value(target: Target, text: str) -> None:
    for kind in ("String", "StringList", "SecureString"):
        target.ask("ssm", "PutParameter", Name="p", Value=text, Type=kind, Overwrite=True)
    target.ask(
        "ssm", "PutParameter", Name="p", Value="v", Type="String", Policies=text, Tier="Advanced", Overwrite=True
    )
    target.ask("ssm", "PutParameter", Name="q", Value=text, Type="String", DataType="aws:ec2:image")


def _filters(target: Target, text: str) -> None:
    request = target.written("ssm", "DescribeParameters", {})
    request.body = b'{"ParameterFilters": ' + text.encode("utf-8", "surrogatepass") + b"}"
    target.send(request, "ssm")


grammar("ssm-name", ("fuzz", "/a/b", "fuzz:1", "fuzz:one", "arn:aws:ssm:us-east-1:111122223333:parameter/a/b:1", "/"),
        _name, "/ : // aws ssm /aws/ . .. :999999999999 :one :$", _prepare)  # fmt: skip
grammar("ssm-value", ("v", "a,b,c", "{{ssm:fuzz}}", '[{"Type": "Expiration", "Version": "1.0", "Attributes": '
'{"Timestamp": '
        '"2027-01-01T00:00:00Z"}}]'), _value, "{{ }} , ami-12345678", _prepare)  # fmt: skip
grammar("ssm-filters", ([{"Key": "Path", "Option": "Recursive", "Values": ["/a"]}, {"Key": "tag:x", "Values": ["y"]}],
        [{"Key": "Name", "Option": "BeginsWith", "Values": ["f"]}, {"Key": "Type", "Values": ["String"]}]),
        _filters, "Key Option Values Equals Contains OneLevel Label KeyId Tier DataType tag: /", _prepare)  # fmt: skip
grammar("ssm-pattern", ("^[a-z]+$", r"\d{3}-\w*", "(a|b)*c?"), _pattern,
        "( ) [ ] * + ? { } | ^ $ (?: (?= (?P<x> \\1 \\p{L} a* (a*)* {1,99999}", _prepare)  # fmt: skip
