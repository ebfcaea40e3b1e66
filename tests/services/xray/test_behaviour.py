"""Traces that were sent, as X-Ray gives them back."""

import json

import pytest

from tests.services.xray.segments import documents, id_of, put, segment, trace_id

NOW = 1_800_000_000


@pytest.fixture
def xray(client):
    return client("xray")


def shop(now=NOW, **more):
    """A request: `web` asks `orders`, which reads a table that refuses."""
    trace = trace_id(now)
    call = {"name": "orders", "id": id_of(), "start_time": now + 0.1, "end_time": now + 0.9, "namespace": "remote"}
    query = {
        "name": "DynamoDB", "id": id_of(), "start_time": now + 0.3, "end_time": now + 0.8, "namespace": "aws",
        "aws": {"operation": "GetItem", "table_name": "items", "request_id": "R"}, "fault": True,
        "http": {"response": {"status": 500}},
        "cause": {"exceptions": [{"id": id_of(), "type": "Boom", "message": "the table is away"}]},
    }  # fmt: skip
    asked = {"method": "GET", "url": "http://shop/v2/items", "client_ip": "10.0.0.1", "user_agent": "curl"}
    about = {"user": "alice", "annotations": {"age": 30, "vip": True, "n": "x"}, "fault": True}
    http = {"request": asked, "response": {"status": 502}}
    web = segment(trace, "web", 1.0, subsegments=[call], http=http, **about, **more)
    orders = {
        "name": "orders", "id": id_of(), "trace_id": trace, "parent_id": call["id"], "start_time": now + 0.2,
        "end_time": now + 0.85, "origin": "AWS::Lambda::Function", "subsegments": [query], "fault": True,
        "resource_arn": "arn:aws:lambda:us-east-1:000000000000:function:orders",
    }  # fmt: skip
    return trace, web, orders


def test_a_segment_in_progress_is_replaced_when_it_ends(xray):
    trace = trace_id()
    whole = segment(trace)
    begun = {**whole, "in_progress": True}
    del begun["end_time"]
    assert put(xray, begun) == []
    [found] = documents(xray, trace)
    assert found["in_progress"] is True
    frame = {"StartTime": whole["start_time"] - 1, "EndTime": whole["start_time"] + 1}
    [summary] = xray.get_trace_summaries(**frame)["TraceSummaries"]
    assert summary["IsPartial"] is True and summary["Revision"] == 1
    assert put(xray, whole) == []
    [found] = documents(xray, trace)
    assert "in_progress" not in found
    [summary] = xray.get_trace_summaries(**frame)["TraceSummaries"]
    assert summary["IsPartial"] is False and summary["Revision"] == 2 and summary["Duration"] == 1.0


def test_subsegments_that_come_apart_and_early_find_their_segment(xray):
    trace = trace_id()
    top = segment(trace)
    one = {**segment(trace, "one"), "type": "subsegment", "parent_id": top["id"]}
    two = {**segment(trace, "two"), "type": "subsegment", "parent_id": one["id"]}
    assert put(xray, two) == []
    assert [each["name"] for each in documents(xray, trace)] == ["two"]
    assert put(xray, one, top) == []
    [found] = documents(xray, trace)
    [inner] = found["subsegments"]
    assert inner["name"] == "one" and "type" not in inner and "trace_id" not in inner
    assert [each["name"] for each in inner["subsegments"]] == ["two"]


def test_an_array_of_subsegments_is_as_good(xray):
    trace = trace_id()
    top = segment(trace)
    parts = [{**segment(trace, name), "type": "subsegment", "parent_id": top["id"]} for name in ("a", "b")]
    assert xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(parts), json.dumps(top)]) is not None
    [found] = documents(xray, trace)
    assert sorted(each["name"] for each in found["subsegments"]) == ["a", "b"]


def test_documents_that_lead_to_each_other_are_still_told(xray):
    trace = trace_id()
    one, two = segment(trace, "one"), segment(trace, "two")
    one["parent_id"], two["parent_id"] = two["id"], one["id"]
    loop = {**segment(trace, "loop"), "type": "subsegment"}
    loop["parent_id"] = loop["id"]
    assert put(xray, one, two, loop) == []
    assert sorted(each["name"] for each in documents(xray, trace)) == ["loop", "one", "two"]
    xray.get_trace_graph(TraceIds=[trace])


def test_a_trace_has_a_largest_size(xray):
    trace = trace_id()
    for _ in range(10):
        put(xray, segment(trace, metadata={"x": "y" * 60_000}))
    [found] = xray.batch_get_traces(TraceIds=[trace])["Traces"]
    assert found["LimitExceeded"] is True and len(found["Segments"]) == 8


def test_traces_that_are_unknown_are_named(xray):
    trace, other = trace_id(), trace_id()
    put(xray, segment(trace))
    answer = xray.batch_get_traces(TraceIds=[trace, other])
    assert [each["Id"] for each in answer["Traces"]] == [trace] and answer["UnprocessedTraceIds"] == [other]


def test_a_call_of_a_service_that_sends_nothing_is_inferred(xray, account):
    trace, web, orders = shop()
    put(xray, web, orders)
    found = documents(xray, trace)
    [inferred] = [each for each in found if each.get("inferred")]
    assert inferred["name"] == "DynamoDB" and inferred["origin"] == "AWS::DynamoDB::Table"
    assert inferred["aws"]["resource_names"] == ["items"]
    assert inferred["parent_id"] == orders["subsegments"][0]["id"]


def test_a_summary(xray, account):
    trace, web, orders = shop()
    put(xray, web, orders)
    answer = xray.get_trace_summaries(StartTime=NOW, EndTime=NOW + 10)
    [found] = answer["TraceSummaries"]
    assert answer["TracesProcessedCount"] == 1 and found["Id"] == trace
    assert (found["Duration"], found["ResponseTime"]) == (1.0, 1.0)
    assert (found["HasFault"], found["HasError"], found["HasThrottle"]) == (True, False, False)
    assert found["Http"] == {
        "HttpURL": "http://shop/v2/items", "HttpStatus": 502, "HttpMethod": "GET", "UserAgent": "curl",
        "ClientIp": "10.0.0.1",
    }  # fmt: skip
    assert found["Annotations"]["age"][0]["AnnotationValue"] == {"NumberValue": 30.0}
    assert found["Annotations"]["vip"][0]["AnnotationValue"] == {"BooleanValue": True}
    assert found["Annotations"]["n"][0]["ServiceIds"] == [{"Name": "web", "Names": ["web"], "AccountId": account}]
    assert [user["UserName"] for user in found["Users"]] == ["alice"]
    assert found["EntryPoint"]["Name"] == "web"
    assert {one["Name"] for one in found["ServiceIds"]} == {"web", "orders", "items"}
    assert found["ResourceARNs"] == [{"ARN": orders["resource_arn"]}]
    [cause] = found["FaultRootCauses"]
    assert [one["Name"] for one in cause["Services"]] == ["web", "orders", "items"] and cause["ClientImpacting"]
    assert cause["Services"][1]["EntityPath"][-1]["Exceptions"] == [{"Name": "Boom", "Message": "the table is away"}]
    [slow] = found["ResponseTimeRootCauses"]
    assert [one["Coverage"] for one in slow["Services"][0]["EntityPath"]] == [1.0, 0.8]


FITS = [
    "fault", "!ok", "ok = false", "responsetime >= 1 AND duration < 2", "http.status = 502", 'http.url CONTAINS "/v2/"',
    'user = "alice"', 'user CONTAINS ""', "annotation.age > 29", "annotation[vip]", 'annotation.n BEGINSWITH "x"',
    "!annotation.none", 'service("orders") { fault }', 'service("orders")', "service() { inferred }",
    'edge("web", "orders") { responsetime > 0.5 }', 'edge("orders", id(name: "items", type: "AWS::DynamoDB::Table"))',
    '!edge("web", "items")', 'rootcause.fault.service { last and type = "AWS::DynamoDB::Table" }',
    'rootcause.fault.exception { message CONTAINS "away" }', "rootcause.responsetime.entity { coverage > 0.7 }",
    'fault AND (http.method = "GET" OR error)', 'resource.arn ENDSWITH "orders"', 'service("web") { root }',
    'rootcause.json = #[{"Services": [{"Name": "web"}, {"Name": "orders"}, {"Name": "items"}]}]',
    "fault responsetime < 5",
]  # fmt: skip
FITS_NOT = [
    "ok", "partial", "throttle", "http.status = 200", 'user = "bob"', "annotation.age > 30", "annotation.none",
    'service("nobody")', 'edge("orders", "web")', 'edge("web", "orders") { ok = false AND throttle }',
    "error AND fault",
    'rootcause.error.service { name = "web" }', 'rootcause.fault.service { first and name = "items" }', "!fault",
    'rootcause.json = #[{"Services": [{"Name": "web"}]}]', 'service(id(name: "orders", type: "AWS::EC2::Instance"))',
]  # fmt: skip


def test_filter_expressions(xray):
    trace, web, orders = shop()
    put(xray, web, orders)

    def fits(text):
        answer = xray.get_trace_summaries(StartTime=NOW, EndTime=NOW + 10, FilterExpression=text)
        return len(answer["TraceSummaries"]) == 1

    assert [text for text in FITS if not fits(text)] == []
    assert [text for text in FITS_NOT if fits(text)] == []


def test_groups_in_filters_and_maps(xray):
    trace, web, orders = shop()
    put(xray, web, orders, segment(trace_id(NOW), "quick", 0.01))
    made = xray.create_group(GroupName="slow", FilterExpression="responsetime > 0.5")["Group"]
    assert xray.get_group(GroupName="slow")["Group"] == made
    assert [group["GroupName"] for group in xray.get_groups()["Groups"]] == ["Default", "slow"]
    frame = {"StartTime": NOW, "EndTime": NOW + 10}
    for text in ('group.name = "slow"', f'group.arn = "{made["GroupARN"]}" AND fault'):
        [found] = xray.get_trace_summaries(**frame, FilterExpression=text)["TraceSummaries"]
        assert found["Id"] == trace
    names = lambda **group: {one["Name"] for one in xray.get_service_graph(**frame, **group)["Services"]}  # noqa: E731
    assert "quick" in names() and "quick" in names(GroupName="Default") and "quick" not in names(GroupName="slow")
    xray.update_group(GroupName="slow", FilterExpression="responsetime < 0.5")
    assert "quick" in names(GroupARN=made["GroupARN"])
    xray.delete_group(GroupName="slow")
    assert [group["GroupName"] for group in xray.get_groups()["Groups"]] == ["Default"]


def test_the_service_map(xray, account):
    for n in range(3):
        _, web, orders = shop(NOW + n)
        put(xray, web, orders)
    answer = xray.get_service_graph(StartTime=NOW, EndTime=NOW + 10)
    assert answer["StartTime"].timestamp() == NOW
    services = {(one["Name"], one.get("Type", "")): one for one in answer["Services"]}
    assert services.keys() == {
        ("web", "client"), ("web", ""), ("orders", "AWS::Lambda::Function"), ("items", "AWS::DynamoDB::Table"),
    }  # fmt: skip
    by_number = {one["ReferenceId"]: one["Name"] for one in answer["Services"]}
    client, web = services["web", "client"], services["web", ""]
    assert client["State"] == "unknown" and "SummaryStatistics" not in client and web["State"] == "active"
    assert web["Root"] is True
    [edge] = client["Edges"]
    assert edge["ReferenceId"] == web["ReferenceId"] and edge["SummaryStatistics"]["FaultStatistics"]["TotalCount"] == 3
    [edge] = web["Edges"]
    assert by_number[edge["ReferenceId"]] == "orders"
    assert edge["SummaryStatistics"] == {
        "OkCount": 3, "ErrorStatistics": {"ThrottleCount": 0, "OtherCount": 0, "TotalCount": 0},
        "FaultStatistics": {"OtherCount": 0, "TotalCount": 0}, "TotalCount": 3, "TotalResponseTime": 2.4,
    }  # fmt: skip
    assert web["ResponseTimeHistogram"] == [{"Value": 1.0, "Count": 3}]
    one = xray.get_trace_graph(TraceIds=[trace_id(), web_trace(xray)])["Services"]
    assert {each["Name"] for each in one} == {"web", "orders", "items"}


def web_trace(xray):
    return xray.get_trace_summaries(StartTime=NOW, EndTime=NOW)["TraceSummaries"][0]["Id"]


def test_statistics_minute_by_minute(xray):
    for at in (0, 1, 60, 130):
        _, web, orders = shop(NOW + at)
        put(xray, web, orders)
    frame = {"StartTime": NOW, "EndTime": NOW + 600}

    def counts(key, **given):
        found = xray.get_time_series_service_statistics(**frame, **given)["TimeSeriesServiceStatistics"]
        return [(one["Timestamp"].timestamp() - NOW, one[key]["TotalCount"]) for one in found]

    assert counts("ServiceSummaryStatistics", EntitySelectorExpression='service("web")') == [(0, 2), (60, 1), (120, 1)]
    assert counts("EdgeSummaryStatistics", EntitySelectorExpression='edge("web", "orders")', Period=300) == [(0, 4)]
    assert counts("EdgeSummaryStatistics") == [(0, 6), (60, 3), (120, 3)]


def test_time_frames_and_pages(xray):
    for n in range(205):
        put(xray, segment(trace_id(NOW + n % 3), took=50.0))
    pages = list(xray.get_paginator("get_trace_summaries").paginate(StartTime=NOW, EndTime=NOW + 1))
    assert [len(page["TraceSummaries"]) for page in pages] == [137]
    pages = list(xray.get_paginator("get_trace_summaries").paginate(StartTime=NOW, EndTime=NOW + 9))
    assert [len(page["TraceSummaries"]) for page in pages] == [200, 5]
    by = lambda kind: xray.get_trace_summaries(StartTime=NOW + 50, EndTime=NOW + 51, TimeRangeType=kind)  # noqa: E731
    assert len(by("Service")["TraceSummaries"]) == 137 and by("TraceId")["TraceSummaries"] == []
    sampled = {"Sampling": True, "SamplingStrategy": {"Name": "FixedRate", "Value": 0.5}}
    some = xray.get_trace_summaries(StartTime=NOW, EndTime=NOW + 9, **sampled)["TraceSummaries"]
    assert 50 < len(some) < 155


def test_a_trace_of_opentelemetry_is_found_by_when_it_began(xray):
    trace = f"1-{id_of(8)}-{id_of(24)}"
    put(xray, {**segment(trace), "start_time": NOW, "end_time": NOW + 1})
    [found] = xray.get_trace_summaries(StartTime=NOW - 5, EndTime=NOW + 5)["TraceSummaries"]
    assert found["Id"] == trace


RULE = {
    "RuleName": "r", "ResourceARN": "*", "Priority": 5, "FixedRate": 0.1, "ReservoirSize": 5, "ServiceName": "*",
    "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
}  # fmt: skip


def test_sampling_rules_and_their_reservoirs(xray, account):
    made = xray.create_sampling_rule(SamplingRule=RULE)["SamplingRuleRecord"]
    arn = f"arn:aws:xray:us-east-1:{account}:sampling-rule/r"
    assert made["SamplingRule"] == {**RULE, "RuleARN": arn, "Attributes": {}}
    default, _ = [one["SamplingRule"] for one in xray.get_sampling_rules()["SamplingRuleRecords"]]
    assert (default["RuleName"], default["Priority"], default["FixedRate"]) == ("Default", 10000, 0.05)
    seen = lambda client, rule="r": {  # noqa: E731
        "RuleName": rule, "ClientID": client * 12, "Timestamp": NOW, "RequestCount": 10, "SampledCount": 2,
    }  # fmt: skip
    targets = lambda *given: xray.get_sampling_targets(SamplingStatisticsDocuments=given)  # noqa: E731
    answer = targets(seen("aa"))
    [target] = answer["SamplingTargetDocuments"]
    assert (target["ReservoirQuota"], target["FixedRate"], target["Interval"]) == (5, 0.1, 10)
    assert answer["LastRuleModification"] == made["ModifiedAt"]
    answer = targets(seen("bb"), seen("bb", "none"), seen("bb", "Default"))
    assert [one["ReservoirQuota"] for one in answer["SamplingTargetDocuments"]] == [2, 1]
    assert [one["RuleName"] for one in answer["UnprocessedStatistics"]] == ["none"]
    found = {one["RuleName"]: one for one in xray.get_sampling_statistic_summaries()["SamplingStatisticSummaries"]}
    assert (found["r"]["RequestCount"], found["r"]["SampledCount"]) == (20, 4)
    xray.update_sampling_rule(SamplingRuleUpdate={"RuleARN": arn, "FixedRate": 0.5, "Attributes": {"a": "b"}})
    xray.update_sampling_rule(SamplingRuleUpdate={"RuleName": "Default", "ReservoirSize": 7})
    default, rule = [one["SamplingRule"] for one in xray.get_sampling_rules()["SamplingRuleRecords"]]
    assert (default["ReservoirSize"], rule["FixedRate"], rule["Attributes"]) == (7, 0.5, {"a": "b"})
    xray.delete_sampling_rule(RuleName="r")
    assert len(xray.get_sampling_rules()["SamplingRuleRecords"]) == 1


def test_policies_indexing_and_destination(xray):
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "xray:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    first = xray.put_resource_policy(PolicyName="p", PolicyDocument=document, PolicyRevisionId="0")["ResourcePolicy"]
    again = {"PolicyName": "p", "PolicyDocument": document, "PolicyRevisionId": first["PolicyRevisionId"]}
    second = xray.put_resource_policy(**again)["ResourcePolicy"]
    assert second["PolicyRevisionId"] != first["PolicyRevisionId"]
    assert xray.list_resource_policies()["ResourcePolicies"] == [second]
    xray.delete_resource_policy(PolicyName="p")
    assert xray.list_resource_policies()["ResourcePolicies"] == []
    half = {"Probabilistic": {"DesiredSamplingPercentage": 50}}
    xray.update_indexing_rule(Name="Default", Rule=half)
    [rule] = xray.get_indexing_rules()["IndexingRules"]
    assert rule["Rule"]["Probabilistic"]["DesiredSamplingPercentage"] == 50
    assert xray.get_trace_segment_destination()["Destination"] == "XRay"
    xray.update_trace_segment_destination(Destination="XRay")
    assert xray.get_encryption_config()["EncryptionConfig"] == {"Type": "NONE", "Status": "ACTIVE"}
    xray.put_telemetry_records(TelemetryRecords=[{"Timestamp": NOW, "SegmentsSentCount": 3}], Hostname="h")


def test_tags(xray):
    tags = [{"Key": "k", "Value": "v"}]
    arn = xray.create_group(GroupName="g", Tags=tags)["Group"]["GroupARN"]
    assert xray.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags
    xray.tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": "w"}])
    xray.untag_resource(ResourceARN=arn, TagKeys=["none"])
    assert xray.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "w"}]


def test_traces_of_another_account_and_region_are_not_seen(client, xray):
    trace = trace_id()
    put(xray, segment(trace))
    assert client("xray", region="eu-west-1").batch_get_traces(TraceIds=[trace])["Traces"] == []


def test_traces_are_kept_for_thirty_days_and_survive_a_crash(fresh_cloud):
    xray = fresh_cloud.client("xray")
    old, new = trace_id(NOW), trace_id(NOW)
    put(xray, segment(old))
    fresh_cloud.clock_advance(20 * 86400)
    put(xray, segment(new))
    fresh_cloud.restart()
    known = lambda: xray.batch_get_traces(TraceIds=[old, new])["UnprocessedTraceIds"]  # noqa: E731
    assert known() == []
    fresh_cloud.clock_advance(11 * 86400)
    assert known() == [old]
    fresh_cloud.clock_advance(20 * 86400)
    assert known() == [old, new]
