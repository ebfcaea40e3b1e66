"""REST routing: the method, the raw path and the query string name the operation."""

from __future__ import annotations

import pytest

from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.protocols import codec, detect
from cloudarium.model import service

PROVISIONED = "/2019-09-30/functions/f/provisioned-concurrency"
COPY = {"x-amz-copy-source": "b/k"}


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "operation"),
    [
        ("GET", "/", "", {}, "ListBuckets"),
        ("GET", "/", "x-id=ListBuckets", {}, "ListBuckets"),
        ("GET", "/b", "", {}, "ListObjects"),
        ("GET", "/b/", "prefix=a", {}, "ListObjects"),
        ("GET", "/b", "list-type=2&prefix=a", {}, "ListObjectsV2"),
        ("GET", "/b", "list-type=1", {}, "ListObjects"),
        ("GET", "/b", "location", {}, "GetBucketLocation"),
        ("GET", "/b", "location=", {}, "GetBucketLocation"),
        ("GET", "/b", "versions", {}, "ListObjectVersions"),
        ("GET", "/b", "uploads", {}, "ListMultipartUploads"),
        ("GET", "/b", "lifecycle", {}, "GetBucketLifecycleConfiguration"),
        ("GET", "/b", "notification", {}, "GetBucketNotificationConfiguration"),
        ("GET", "/b", "inventory", {}, "ListBucketInventoryConfigurations"),
        ("GET", "/b", "inventory&id=1", {}, "GetBucketInventoryConfiguration"),
        ("GET", "/b/k", "x-id=GetObject", {}, "GetObject"),
        ("GET", "/b/k", "uploadId=u", {}, "ListParts"),
        ("GET", "/b/k", "tagging&versionId=v", {}, "GetObjectTagging"),
        ("GET", "/b//", "", {}, "GetObject"),
        ("HEAD", "/b", "", {}, "HeadBucket"),
        ("HEAD", "/b/k", "", {}, "HeadObject"),
        ("PUT", "/b", "", {}, "CreateBucket"),
        ("PUT", "/b/k", "x-id=PutObject", {}, "PutObject"),
        ("PUT", "/b/k", "", COPY, "CopyObject"),
        ("PUT", "/b/k", "partNumber=1&uploadId=u", {}, "UploadPart"),
        ("PUT", "/b/k", "partNumber=1&uploadId=u", COPY, "UploadPartCopy"),
        ("POST", "/b", "delete", {}, "DeleteObjects"),
        ("POST", "/b/k", "uploads", {}, "CreateMultipartUpload"),
        ("POST", "/b/k", "uploadId=u", {}, "CompleteMultipartUpload"),
        ("DELETE", "/b/k", "uploadId=u", {}, "AbortMultipartUpload"),
        ("DELETE", "/b/k", "", {}, "DeleteObject"),
        ("POST", "/b/k", "", {}, "CompleteMultipartUpload"),
        ("PATCH", "/b/k", "", {}, None),
        ("GET", "", "", {}, "ListBuckets"),
    ],
)
def test_s3(method: str, path: str, query: str, headers: dict[str, str], operation: str | None) -> None:
    """The most specific operation wins."""
    found = codec("rest-xml").identify(service("s3"), HttpRequest(method, path, query, headers))
    assert found == operation


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/b/a//b", "a//b"),
        ("/b//a", "/a"),
        ("/b/../x", "../x"),
        ("/b/dir/", "dir/"),
        ("/b/a+b%20c%2Fd%E2%9C%93", "a+b c/d✓"),
        ("/b/%2e%2e", ".."),
        ("/b/a%0Ab", "a\nb"),
    ],
)
def test_keys_stay_as_they_are(path: str, key: str) -> None:
    """A key is every byte after the bucket; only percent signs decode, a plus does not."""
    operation = service("s3").operations["GetObject"]
    assert codec("rest-xml").parse(operation, HttpRequest("GET", path)) == {"Bucket": "b", "Key": key}


@pytest.mark.parametrize(
    ("name", "method", "path", "query", "operation"),
    [
        ("lambda", "GET", "/2015-03-31/functions/", "", "ListFunctions"),
        ("lambda", "GET", "/2015-03-31/functions", "", "ListFunctions"),
        ("lambda", "GET", "/2015-03-31/functions/f", "", "GetFunction"),
        ("lambda", "GET", "/2015-03-31/functions//configuration", "", None),
        ("lambda", "GET", "/2018-10-31/layers", "find=LayerVersion&Arn=x", "GetLayerVersionByArn"),
        ("lambda", "GET", "/2018-10-31/layers", "", "ListLayers"),
        (
            "lambda",
            "GET",
            PROVISIONED,
            "List=ALL",
            "ListProvisionedConcurrencyConfigs",
        ),
        ("lambda", "GET", PROVISIONED, "", "GetProvisionedConcurrencyConfig"),
        ("apigateway", "POST", "/restapis", "mode=import", "ImportRestApi"),
        ("apigateway", "POST", "/restapis", "", "CreateRestApi"),
        ("apigateway", "GET", "/nothing/here", "", None),
        ("apigatewayv2", "GET", "/v2/apis/a/routes/r", "", "GetRoute"),
    ],
)
def test_rest_json(name: str, method: str, path: str, query: str, operation: str | None) -> None:
    """Literals before labels, an empty label is none, fixed parts of the query tell twins apart."""
    assert codec("rest-json").identify(service(name), HttpRequest(method, path, query)) == operation


def test_a_service_with_three_protocols() -> None:
    """CloudWatch: the headers tell which one a request speaks."""
    model = service("cloudwatch")
    cbor = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
    json = {"x-amz-target": "GraniteServiceVersion20100801.ListMetrics"}
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
    for request, protocol in (
        (HttpRequest("POST", path, headers=cbor), "smithy-rpc-v2-cbor"),
        (HttpRequest("POST", "/", headers=json), "json"),
        (HttpRequest("POST", "/", headers=form, body=b"Action=ListMetrics"), "query"),
        (HttpRequest("GET", "/", "Version=2010-08-01&Action=ListMetrics"), "query"),
    ):
        assert detect(model, request) == protocol
        assert codec(protocol).identify(model, request) == "ListMetrics"


def test_an_operation_that_does_not_exist() -> None:
    """identify answers None, never another service's operation."""
    headers = {"x-amz-target": "DynamoDB_20120810.Nonsense"}
    assert codec("json").identify(service("dynamodb"), HttpRequest("POST", "/", headers=headers)) is None
    headers = {"x-amz-target": "Logs_20140328.ListTables"}
    assert codec("json").identify(service("dynamodb"), HttpRequest("POST", "/", headers=headers)) is None
    assert codec("query").identify(service("sts"), HttpRequest("POST", "/", body=b"Action=ListUsers")) is None
    assert codec("query").identify(service("sts"), HttpRequest("POST", "/", body=b"NoAction=1")) is None
