"""Percent-encoding in every place that S3 and the REST services use it, by boto3 and by bytes."""

from __future__ import annotations

import json
import re
import socket
import unicodedata
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import RunningCloud
from tests.gateway.test_tls import TRUST, zipped
from tests.services.s3.wire import Wire

# Every character of one byte but NUL, and those of which clients and servers disagree how to write them in a path.
CHARACTERS = "".join(map(chr, range(1, 256)))
ODD = [
    "+", "a+b", "a b", "%", "%2F", "%252F", "a%2fb", "%zz", "..", "../x", "./x", "a/../b", "a/./b", "/", "//", "/a",
    "a//b", "a/", "a//", ".", "...", "a.", "a..", "~", "*", "'", "(x)", "!", "@", "&", "=", "?", "#", "a?b=c&d", "a#b",
    ";", ":", "a:b", ",", "$", "[x]", "{x}", "|", "\\", "^", "`", '"', "<x>", "x" * 1024, "ü", "日本", "🎈",
    "x-id=GetObject", unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é"), "\u200b", "\ufeff",
    "\ufffd", "con", "index.html",
]  # fmt: skip
KEYS = [*(f"k{each}k" for each in CHARACTERS), *ODD]


@pytest.fixture(scope="module")
def account() -> str:
    return "718281828459"


def tag(key: str) -> str:
    """What a tag may hold of a key."""
    return re.sub(r"[^\w +=.:/@-]", "", unicodedata.normalize("NFC", key))[:200]


@pytest.fixture(scope="module")
def keys(cloud: RunningCloud, account: str) -> str:
    """A bucket with an object for each key, put by boto3, whose content is the key."""
    s3, name = cloud.client("s3", key=account), "encoded-keys"
    s3.create_bucket(Bucket=name)
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/written/*"}
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [anyone]}))
    for key in KEYS:
        s3.put_object(Bucket=name, Key=key, Body=key.encode(), Tagging=f"key={quote(tag(key), safe='')}")
    return name


def test_every_key_is_listed_as_it_was_put(cloud: RunningCloud, account: str, keys: str) -> None:
    s3 = cloud.client("s3", key=account)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=keys, PaginationConfig={"PageSize": 37})
    listed = [each["Key"] for page in pages for each in page["Contents"]]
    assert listed == sorted(KEYS, key=str.encode)
    pages = s3.get_paginator("list_objects").paginate(Bucket=keys, PaginationConfig={"PageSize": 50})
    assert [each["Key"] for page in pages for each in page["Contents"]] == listed
    versions = s3.get_paginator("list_object_versions").paginate(Bucket=keys, PaginationConfig={"PageSize": 90})
    assert [each["Key"] for page in versions for each in page["Versions"]] == listed


def test_every_key_is_read_tagged_copied_and_deleted(cloud: RunningCloud, account: str, keys: str) -> None:
    s3, other = cloud.client("s3", key=account), "encoded-copies"
    s3.create_bucket(Bucket=other)
    for key in KEYS:
        assert s3.get_object(Bucket=keys, Key=key)["Body"].read().decode() == key
        s3.copy_object(Bucket=other, Key=key, CopySource={"Bucket": keys, "Key": key})
    named = [{"Key": key} for key in KEYS if key.isprintable()]  # XML has no form for the others
    gone = s3.delete_objects(Bucket=other, Delete={"Objects": named})
    assert {each["Key"] for each in gone["Deleted"]} == {each["Key"] for each in named}
    for key in KEYS:
        if not key.isprintable():
            s3.delete_object(Bucket=other, Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket=other)


@pytest.mark.parametrize("key", ODD)
def test_odd_keys_in_urls_and_queries(cloud: RunningCloud, account: str, keys: str, key: str) -> None:
    s3 = cloud.client("s3", key=account, signature_version="s3v4")
    url = s3.generate_presigned_url(
        "get_object", {"Bucket": keys, "Key": key, "ResponseContentType": f"text/{key[:9]}"}
    )
    with urllib.request.urlopen(url) as answer:
        assert answer.read().decode() == key
    assert s3.get_object_tagging(Bucket=keys, Key=key)["TagSet"] == [{"Key": "key", "Value": tag(key)}]
    found = s3.list_objects_v2(Bucket=keys, Prefix=key, MaxKeys=1)
    assert (found["Prefix"], found["Contents"][0]["Key"]) == (key, key)
    after = s3.list_objects_v2(Bucket=keys, StartAfter=key, MaxKeys=1)
    assert after["StartAfter"] == key
    assert after.get("Contents", [{"Key": None}])[0]["Key"] == next(
        (each for each in sorted(KEYS, key=str.encode) if each.encode() > key.encode()), None
    )


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("k%2Bk", "k+k"), ("k+k", "k+k"), ("k%2bk", "k+k"), ("k%20k", "k k"), ("%6b%41%6B", "kAk"), ("k%7Ek", "k~k"),
        ("k~k", "k~k"),
        ("k!$&'()*,:;=@k", "k!$&'()*,:;=@k"), ("k%21%24k", "k!$k"), ("a/../b", "a/../b"), ("a%2F..%2Fb", "a/../b"),
        ("%2e%2e/x", "../x"), ("a%2F%2Fb", "a//b"), ("k%C3%BCk", "kük"), ("k%zzk", ""), ("k%", ""),
        ("k%25", "k%"),
    ],
)  # fmt: skip
def test_one_key_in_several_writings(cloud: RunningCloud, account: str, keys: str, target: str, key: str) -> None:
    wire = Wire(cloud, None)  # a signature covers one writing only
    put = wire.send("PUT", f"/{keys}/written/{target}", b"content")
    if not key:
        assert (put[0], b"<Code>InvalidURI</Code>" in put[2]) == (400, True)
        return
    assert put[0] == 200
    assert wire.send("GET", f"/{keys}/written/{target}")[2] == b"content"
    s3 = cloud.client("s3", key=account)
    found = s3.list_objects_v2(Bucket=keys, Prefix="written/")["Contents"]
    assert [each["Key"] for each in found] == [f"written/{key}"]
    s3.delete_object(Bucket=keys, Key=f"written/{key}")


@pytest.mark.parametrize("target", ["%ff", "%c3%28", "%ed%a0%80"])
def test_what_is_no_text_is_no_key(cloud: RunningCloud, account: str, keys: str, target: str) -> None:
    status, _, body = Wire(cloud, None).send("PUT", f"/{keys}/written/{target}", b"content")
    assert (status, b"<Code>InvalidURI</Code>" in body) == (400, True), body


@pytest.mark.parametrize("target", ["kük".encode(), b"k\xffk", b"k\x01k", b"k k"])
def test_bytes_that_nobody_encoded_are_refused(cloud: RunningCloud, account: str, keys: str, target: bytes) -> None:
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=20) as raw:
        head = b"PUT /%b/written/%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
        raw.sendall(head % (keys.encode(), target))
        assert raw.makefile("rb").readline().startswith(b"HTTP/1.1 400 ")
    assert "Contents" not in cloud.client("s3", key=account).list_objects_v2(Bucket=keys, Prefix="written/")


# ---- Paths of REST-JSON ----------------------------------------------------------------------------------------------


def test_names_and_arns_in_the_paths_of_lambda(cloud: RunningCloud, account: str) -> None:
    def client(service: str) -> Any:
        return cloud.client(service, key=account)

    role = client("iam").create_role(RoleName="encoded", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    function = client("lambda")
    made = function.create_function(
        FunctionName="encoded", Runtime="python3.11", Role=role, Handler="app.handler",
        Code={"ZipFile": zipped("def handler(event, context): ...")},
    )  # fmt: skip
    arn = made["FunctionArn"]
    function.publish_version(FunctionName="encoded")
    function.create_alias(FunctionName="encoded", Name="live", FunctionVersion="1")
    for name in ("encoded", arn, f"{account}:encoded", f"{account}:function:encoded", f"{arn}:1", f"{arn}:live"):
        assert function.get_function(FunctionName=name)["Configuration"]["FunctionName"] == "encoded", name
    function.tag_resource(Resource=arn, Tags={"a b/ü+=": "c d/+@"})
    assert function.list_tags(Resource=arn)["Tags"] == {"a b/ü+=": "c d/+@"}
    function.untag_resource(Resource=arn, TagKeys=["a b/ü+=", "+", "a+b"])
    assert function.list_tags(Resource=arn)["Tags"] == {}


def test_arns_with_slashes_in_the_paths_of_apigatewayv2(cloud: RunningCloud, account: str) -> None:
    api = cloud.client("apigatewayv2", key=account)
    made = api.create_api(Name="encoded +%2F ü", ProtocolType="HTTP")
    assert api.get_api(ApiId=made["ApiId"])["Name"] == "encoded +%2F ü"
    arn = f"arn:aws:apigateway:us-east-1::/apis/{made['ApiId']}"
    api.tag_resource(ResourceArn=arn, Tags={"a/b c": "+"})
    assert api.get_tags(ResourceArn=arn)["Tags"] == {"a/b c": "+"}
    api.untag_resource(ResourceArn=arn, TagKeys=["a/b c"])
    assert api.get_tags(ResourceArn=arn)["Tags"] == {}
    stage = "$default"
    api.create_stage(ApiId=made["ApiId"], StageName=stage)
    assert api.get_stage(ApiId=made["ApiId"], StageName=stage)["StageName"] == stage
