"""AWS's own policies as an oracle: the checks and the compiler take what AWS itself wrote."""

from __future__ import annotations

from cloudarium.policy.documents import check_document, compile_document
from cloudarium.policy.grammar import MalformedPolicy
from cloudarium.services.iam import managed

# It has a variable as an account, which AWS refuses its customers.
_ONLY_AWS_MAY = {"AmazonTimestreamInfluxDBServiceRolePolicy"}


def test_everything_that_aws_wrote_is_taken() -> None:
    refused = set()
    for policy in managed.everything():
        document = managed.document(policy.arn)
        compile_document(document)
        try:
            check_document(document)
        except MalformedPolicy:
            refused.add(policy.name)
    assert refused <= _ONLY_AWS_MAY


def test_finding() -> None:
    found = managed.find("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    assert found is not None
    assert (found.name, found.path, found.account) == ("AWSLambdaBasicExecutionRole", "/service-role/", "aws")
    assert "logs:CreateLogGroup" in managed.document(found.arn)
    assert managed.find("arn:aws:iam::aws:policy/NoSuchPolicy") is None
    assert managed.find("arn:aws:iam::123456789012:policy/mine") is None
