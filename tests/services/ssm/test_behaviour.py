"""Parameter Store as a client sees it."""

import json
import sqlite3
import time
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


@pytest.fixture
def ssm(client):
    return client("ssm")


def put(ssm, name="/app/key", value="v", **more):
    return ssm.put_parameter(Name=name, Value=value, **{"Type": "String", **more})


def get(ssm, name="/app/key", **more):
    return ssm.get_parameter(Name=name, **more)["Parameter"]


def refused(code, call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


def test_a_parameter_is_put_and_got(ssm, account):
    assert put(ssm, Description="d") | {"ResponseMetadata": 0} == {
        "Version": 1,
        "Tier": "Standard",
        "ResponseMetadata": 0,
    }
    found = get(ssm)
    assert found["ARN"] == f"arn:aws:ssm:us-east-1:{account}:parameter/app/key"
    assert (found["Name"], found["Type"], found["Value"], found["Version"]) == ("/app/key", "String", "v", 1)
    assert found["DataType"] == "text"
    assert get(ssm, found["ARN"])["Value"] == "v"
    put(ssm, "flat", "f")
    assert get(ssm, f"arn:aws:ssm:us-east-1:{account}:parameter/flat")["Name"] == "flat"


def test_overwriting_makes_versions_that_can_be_selected(ssm):
    put(ssm, value="one", Description="d")
    assert "already exists" in refused(
        "ParameterAlreadyExists", ssm.put_parameter, Name="/app/key", Value="x", Type="String"
    )
    assert ssm.put_parameter(Name="/app/key", Value="two", Overwrite=True)["Version"] == 2
    assert get(ssm)["Value"] == "two"
    assert get(ssm, "/app/key:1")["Value"] == "one"
    assert get(ssm, "/app/key:1")["Selector"] == ":1"
    history = ssm.get_parameter_history(Name="/app/key")["Parameters"]
    assert [(each["Version"], each["Value"], each["Description"]) for each in history] == [
        (1, "one", "d"),
        (2, "two", "d"),
    ]
    assert "could not find version 9 of /app/key" in refused(
        "ParameterVersionNotFound", ssm.get_parameter, Name="/app/key:9"
    )
    refused(
        "HierarchyTypeMismatchException",
        ssm.put_parameter,
        Name="/app/key",
        Value="x",
        Type="StringList",
        Overwrite=True,
    )


def test_labels_name_one_version_at_a_time(ssm):
    put(ssm, value="one")
    put(ssm, value="two", Overwrite=True)
    answer = ssm.label_parameter_version(Name="/app/key", ParameterVersion=1, Labels=["prod", "1bad", "awsx"])
    assert answer["InvalidLabels"] == ["1bad", "awsx"] and answer["ParameterVersion"] == 1
    assert get(ssm, "/app/key:prod")["Value"] == "one"
    ssm.label_parameter_version(Name="/app/key", Labels=["prod"])
    assert get(ssm, "/app/key:prod")["Value"] == "two"
    refused("ParameterVersionNotFound", ssm.get_parameter, Name="/app/key:none")
    refused(
        "ParameterVersionLabelLimitExceeded",
        ssm.label_parameter_version,
        Name="/app/key",
        Labels=[f"l{index}" for index in range(10)],
    )
    answer = ssm.unlabel_parameter_version(Name="/app/key", ParameterVersion=2, Labels=["prod", "no"])
    assert answer["RemovedLabels"] == ["prod"] and answer["InvalidLabels"] == ["no"]


def test_the_oldest_of_a_hundred_versions_goes_unless_labelled(ssm):
    put(ssm, value="1")
    for number in range(2, 102):
        put(ssm, value=str(number), Overwrite=True)
    refused("ParameterVersionNotFound", ssm.get_parameter, Name="/app/key:1")
    ssm.label_parameter_version(Name="/app/key", ParameterVersion=2, Labels=["keep"])
    refused("ParameterMaxVersionLimitExceeded", put, ssm=ssm, value="x", Overwrite=True)
    assert get(ssm)["Version"] == 101


def test_secrets_are_sealed_on_disk_and_shown_on_request(fresh_cloud):
    ssm = fresh_cloud.client("ssm")
    put(ssm, "/db/password", "hunter2-in-the-clear", Type="SecureString")
    assert get(ssm, "/db/password", WithDecryption=True)["Value"] == "hunter2-in-the-clear"
    assert get(ssm, "/db/password")["Value"] != "hunter2-in-the-clear"
    assert ssm.describe_parameters()["Parameters"][0]["KeyId"] == "alias/aws/ssm"
    fresh_cloud.restart()
    assert get(ssm, "/db/password", WithDecryption=True)["Value"] == "hunter2-in-the-clear"
    for file in fresh_cloud.data.rglob("*"):
        if file.is_file():
            assert b"hunter2-in-the-clear" not in file.read_bytes()


def test_a_value_that_was_sealed_before_there_was_kms_is_read(fresh_cloud):
    ssm = fresh_cloud.client("ssm")
    put(ssm, "/old", "x", Type="SecureString")
    fresh_cloud.kill()
    secret, nonce = b"k" * 32, b"n" * 12
    (fresh_cloud.data / "keys" / "ssm").write_bytes(secret)
    place = b"arn:aws:ssm:us-east-1:000000000000:parameter/old:1"
    sealed = nonce + AESGCM(secret).encrypt(nonce, b"of old", place)
    with sqlite3.connect(fresh_cloud.data / "cloud.sqlite") as database:
        [data] = database.execute("SELECT data FROM ssm_versions").fetchone()
        before = {name: value for name, value in json.loads(data).items() if name != "Sealed"}
        database.execute("UPDATE ssm_versions SET value = ?, data = ?", (sealed, json.dumps(before).encode()))
    fresh_cloud.start()
    assert get(fresh_cloud.client("ssm"), "/old", WithDecryption=True)["Value"] == "of old"
    put(fresh_cloud.client("ssm"), "/old", "new", Type="SecureString", Overwrite=True)
    history = fresh_cloud.client("ssm").get_parameter_history(Name="/old", WithDecryption=True)["Parameters"]
    assert [each["Value"] for each in history] == ["of old", "new"]


def test_paths_are_read_level_by_level_or_whole(ssm):
    for name in ("/a", "/a/b", "/a/c", "/a/c/d", "/ab/x", "flat"):
        put(ssm, name)
    names = lambda **how: [found["Name"] for found in ssm.get_parameters_by_path(**how)["Parameters"]]  # noqa: E731
    assert names(Path="/a") == ["/a/b", "/a/c"]
    assert names(Path="/a/", Recursive=True) == ["/a/b", "/a/c", "/a/c/d"]
    assert names(Path="/nothing") == []
    assert "/ab/x" in names(Path="/", Recursive=True)
    for index in range(25):
        put(ssm, f"/many/{index:02}")
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path="/many"))
    assert [len(page["Parameters"]) for page in pages] == [10, 10, 5]
    put(ssm, "/a/secret", Type="SecureString")
    only = [{"Key": "Type", "Values": ["SecureString"]}]
    assert names(Path="/a", ParameterFilters=only) == ["/a/secret"]
    ssm.label_parameter_version(Name="/a/b", Labels=["live"])
    assert names(Path="/a", ParameterFilters=[{"Key": "Label", "Values": ["live"]}]) == ["/a/b"]
    refused(
        "InvalidFilterKey", ssm.get_parameters_by_path, Path="/a", ParameterFilters=[{"Key": "Name", "Values": ["x"]}]
    )
    refused("ValidationException", ssm.get_parameters_by_path, Path="a")


def test_several_at_once(ssm):
    put(ssm, "a", "1")
    put(ssm, "b", "2")
    answer = ssm.get_parameters(Names=["a", "b:1", "c", "a:7"])
    assert [(found["Name"], found["Value"]) for found in answer["Parameters"]] == [("a", "1"), ("b", "2")]
    assert answer["InvalidParameters"] == ["c", "a:7"]
    answer = ssm.delete_parameters(Names=["a", "c"])
    assert answer["DeletedParameters"] == ["a"] and answer["InvalidParameters"] == ["c"]
    ssm.delete_parameter(Name="b")
    refused("ParameterNotFound", ssm.delete_parameter, Name="b")


def test_describing_by_filters(ssm):
    put(ssm, "/web/one", Tags=[{"Key": "team", "Value": "blue"}])
    put(ssm, "/web/two", Tier="Advanced")
    put(ssm, "/db/one", "a,b", Type="StringList")
    names = lambda *given: [  # noqa: E731
        found["Name"] for found in ssm.describe_parameters(ParameterFilters=list(given))["Parameters"]
    ]
    assert names() == ["/db/one", "/web/one", "/web/two"]
    assert names({"Key": "Name", "Option": "BeginsWith", "Values": ["/web"]}) == ["/web/one", "/web/two"]
    assert names({"Key": "Name", "Option": "Contains", "Values": ["one"]}) == ["/db/one", "/web/one"]
    assert names({"Key": "Path", "Option": "Recursive", "Values": ["/db"]}) == ["/db/one"]
    assert names({"Key": "tag:team", "Values": ["blue"]}) == ["/web/one"]
    assert names({"Key": "Tier", "Values": ["Advanced"]}, {"Key": "Type", "Values": ["String"]}) == ["/web/two"]
    older = ssm.describe_parameters(Filters=[{"Key": "Type", "Values": ["StringList"]}])["Parameters"]
    assert [found["Name"] for found in older] == ["/db/one"]
    refused(
        "InvalidFilterOption",
        ssm.describe_parameters,
        ParameterFilters=[{"Key": "Type", "Option": "X", "Values": ["a"]}],
    )


def test_tags(ssm):
    put(ssm, "a", Tags=[{"Key": "x", "Value": "1"}])
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="a", Tags=[{"Key": "y", "Value": "2"}])
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId="a", TagKeys=["x"])
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="a")["TagList"] == [
        {"Key": "y", "Value": "2"}
    ]
    refused("InvalidResourceId", ssm.list_tags_for_resource, ResourceType="Parameter", ResourceId="b")
    tagged = {"Name": "a", "Value": "v", "Overwrite": True, "Tags": [{"Key": "x", "Value": "1"}]}
    assert "tags and overwrite can't be used together" in refused("ValidationException", ssm.put_parameter, **tagged)


def test_tiers(ssm):
    assert "maximum parameter value of 4096" in refused("ValidationException", put, ssm=ssm, value="x" * 4097)
    assert put(ssm, value="x" * 4097, Tier="Intelligent-Tiering")["Tier"] == "Advanced"
    assert "downgrade" in refused("ValidationException", put, ssm=ssm, Overwrite=True, Tier="Standard")
    refused("ValidationException", put, ssm=ssm, name="big", value="x" * 8193, Tier="Advanced")


def test_the_allowed_pattern_is_kept_to(ssm):
    put(ssm, value="42", AllowedPattern=r"^\d+$")
    refused("ParameterPatternMismatchException", ssm.put_parameter, Name="/app/key", Value="x", Overwrite=True)
    assert get(ssm)["Value"] == "42"
    refused("InvalidAllowedPatternException", put, ssm=ssm, name="b", AllowedPattern="(")


def test_a_pattern_that_never_ends_holds_up_nobody(ssm):
    started = time.monotonic()
    refused("InvalidAllowedPatternException", put, ssm=ssm, value="a" * 40 + "!", AllowedPattern="(a+)+$")
    assert time.monotonic() - started < 30
    refused("ParameterNotFound", ssm.get_parameter, Name="/app/key")


def test_a_parameter_expires_on_the_clock(fresh_cloud):
    ssm = fresh_cloud.client("ssm")
    moment = datetime.fromtimestamp(time.time() + 3600, UTC).isoformat()
    policies = json.dumps([{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": moment}}])
    put(ssm, Tier="Advanced", Policies=policies)
    assert ssm.describe_parameters()["Parameters"][0]["Policies"][0]["PolicyType"] == "Expiration"
    put(ssm, value="w", Overwrite=True)
    fresh_cloud.clock_advance(3000)
    assert get(ssm)["Value"] == "w"
    fresh_cloud.restart()
    fresh_cloud.clock_advance(700)
    refused("ParameterNotFound", ssm.get_parameter, Name="/app/key")


def test_a_policy_can_be_taken_back(fresh_cloud):
    ssm = fresh_cloud.client("ssm")
    moment = datetime.fromtimestamp(time.time() + 3600, UTC).isoformat()
    policies = json.dumps([{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": moment}}])
    put(ssm, Tier="Advanced", Policies=policies)
    put(ssm, Overwrite=True, Policies="[]")
    fresh_cloud.clock_advance(7200)
    assert get(ssm)["Value"] == "v"


def test_the_slash_before_a_flat_name_is_nothing(ssm):
    """AWS answers under the name that was asked for; both spellings have one ARN."""
    put(ssm, "flat", "1")
    assert (get(ssm, "/flat")["Name"], get(ssm, "flat")["Name"]) == ("/flat", "flat")
    assert get(ssm, get(ssm, "flat")["ARN"])["Name"] == "flat"
    assert ssm.get_parameters(Names=["/flat", "other"])["InvalidParameters"] == ["other"]
    refused("ParameterAlreadyExists", ssm.put_parameter, Name="/flat", Value="2", Type="String")
    assert put(ssm, "/flat", "2", Overwrite=True)["Version"] == 2
    assert [each["Name"] for each in ssm.describe_parameters()["Parameters"]] == ["flat"]
    assert ssm.delete_parameters(Names=["/flat"])["DeletedParameters"] == ["/flat"]
    put(ssm, "/a/b", "1")
    assert "sub-paths divided by slash symbol" in refused("ValidationException", ssm.get_parameter, Name="a/b")
    assert "sub-paths divided by slash symbol" in refused("ValidationException", ssm.get_parameter, Name="/a//b")
    refused("ParameterNotFound", ssm.get_parameter, Name="/a/b:1:2")


def test_filters_of_names_and_tags(ssm):
    for name in ("param", "/param-2", "/tangent-3", "tangram-4"):
        put(ssm, name, Tags=[{"Key": "kind", "Value": name.strip("/")}])

    def names(key, option, *values):
        given = [{"Key": key, "Values": list(values), **({"Option": option} if option else {})}]
        return [each["Name"] for each in ssm.describe_parameters(ParameterFilters=given)["Parameters"]]

    assert names("Name", None, "/param") == ["param"] and names("Name", None, "param-2") == ["/param-2"]
    assert sorted(names("Name", "BeginsWith", "param")) == ["/param-2", "param"]
    assert sorted(names("Name", "Contains", "/tan")) == ["/tangent-3", "tangram-4"]
    assert sorted(names("tag:kind", "BeginsWith", "tan")) == ["/tangent-3", "tangram-4"]


@pytest.mark.parametrize(
    ("filters", "code", "message"),
    [
        ([{"Key": "Name", "Values": ["a"]}, {"Key": "Name", "Values": ["b"]}], "InvalidFilterKey", "is duplicated"),
        ([{"Key": "Path", "Values": ["/AWS/x"]}], "ValidationException", 'can\'t be prefixed with "aws" or "ssm"'),
        ([{"Key": "Path", "Values": ["//"]}], "ValidationException", "Valid example: /get/parameters2-/by1./path0_."),
        ([{"Key": "Path", "Option": "Equals", "Values": ["/x"]}], "InvalidFilterOption", "[Recursive, OneLevel]."),
        ([{"Key": "Tier", "Values": ["x"]}], "InvalidFilterValue", "[Standard, Advanced, Intelligent-Tiering]"),
        ([{"Key": "Type", "Values": ["x"]}], "InvalidFilterValue", "[String, StringList, SecureString]"),
    ],
)
def test_filters_that_mean_nothing(ssm, filters, code, message):
    assert message in refused(code, ssm.describe_parameters, ParameterFilters=filters)


def test_an_empty_description_is_none(ssm):
    put(ssm, "a", Description="d", AllowedPattern="v.*")
    put(ssm, "a", "other", Overwrite=True, Description="", AllowedPattern="")
    [found] = ssm.describe_parameters()["Parameters"]
    assert "Description" not in found and "AllowedPattern" not in found
