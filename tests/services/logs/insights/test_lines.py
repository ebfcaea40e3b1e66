"""Fields that are discovered in lines of AWS's own: its sample queries, with results worked out by hand.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-examples.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.services.logs.insights.discovery import fields_of

FLOWS = [
    "2 123456789012 eni-0a 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
    "2 123456789012 eni-0a 172.31.16.139 172.31.16.21 20641 22 6 5 751 1418530070 1418530130 ACCEPT OK",
    "2 123456789012 eni-0a 192.0.2.7 172.31.16.21 53 49761 17 2 100 1418530010 1418530070 REJECT OK",
    "2 123456789012 eni-0a - - - - - - - 1431280876 1431280934 - NODATA",
    "2 123456789012 eni-0b - - - - - - - 1431280876 1431280934 - SKIPDATA",
    "2 apples fell from the tree and it was 7 5 3 not yet noon here OK",
]
LOOKUPS = [
    "1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP IAD12 192.168.3.1 -",
    "1.0 2017-12-13T08:15:50.235Z Z123412341234 example.com AAAA NOERROR TCP IAD12 192.168.3.1 192.0.2.0/24",
    "1.0 2017-12-13T08:16:03.983Z Z123412341234 www.example.com ANY SERVFAIL UDP FRA6 2001:db8::1 2001:db8:abcd::/48",
]


def test_vpc_flow_logs(over: Any) -> None:
    run = over(FLOWS)
    # "Find the top 15 byte transfers across hosts"
    assert run(
        "stats sum(packets) as packetsTransferred by srcAddr, dstAddr | sort packetsTransferred desc | limit 2"
    ) == [
        {"srcAddr": "172.31.16.139", "dstAddr": "172.31.16.21", "packetsTransferred": "25"},
        {"srcAddr": "192.0.2.7", "dstAddr": "172.31.16.21", "packetsTransferred": "2"},
    ]
    # "Find the top 15 byte transfers for hosts on a given subnet"
    assert run(
        'filter isIpv4InSubnet(srcAddr, "192.0.2.0/24") | stats sum(bytes) as bytesTransferred by dstAddr'
        " | sort bytesTransferred desc | limit 15"
    ) == [{"dstAddr": "172.31.16.21", "bytesTransferred": "100"}]
    # "Find the IP addresses that use UDP as a data transfer protocol"
    assert run("filter protocol=17 | stats count(*) by srcAddr") == [{"srcAddr": "192.0.2.7", "count(*)": "1"}]
    # "Find the IP addresses where flow records were skipped during the capture window"
    assert run('filter logStatus="SKIPDATA" | stats count(*) by bin(1h) as t | sort t') == [
        {"t": "2023-11-14 22:00:00.000", "count(*)": "1"}
    ]
    # "Find a single record for each connection"
    assert run(
        "fields srcAddr, dstAddr, srcPort, dstPort, protocol, bytes | filter interfaceId = 'eni-0a'"
        " and action = 'ACCEPT' | sort @timestamp desc | dedup srcAddr, dstAddr, srcPort, dstPort, protocol | limit 20"
    ) == [
        {
            "srcAddr": "172.31.16.139",
            "dstAddr": "172.31.16.21",
            "srcPort": "20641",
            "dstPort": "22",
            "protocol": "6",
            "bytes": "751",
        }
    ]
    assert run("filter ispresent(accountId) | stats count(*) as n, max(endTime - startTime) as s") == [
        {"n": "5", "s": "60"}
    ]


def test_route_53_query_logs(over: Any) -> None:
    run = over(LOOKUPS)
    # "Find the distribution of Route 53 records per hour by query type"
    assert run("stats count(*) by queryType, bin(1h) as t | sort queryType | display queryType, count(*)") == [
        {"queryType": kind, "count(*)": "1"} for kind in ("A", "AAAA", "ANY")
    ]
    # "Find the 10 DNS resolvers with the highest number of requests"
    assert run("stats count(*) as numRequests by resolverIp | sort numRequests desc | limit 1") == [
        {"resolverIp": "192.168.3.1", "numRequests": "2"}
    ]
    # "Find the number of records by domain and subdomain where the server failed to complete the DNS request"
    assert run('filter responseCode="SERVFAIL" | stats count(*) by queryName') == [
        {"queryName": "www.example.com", "count(*)": "1"}
    ]
    assert fields_of(LOOKUPS[1], "/dns") == {
        "version": "1.0",
        "queryTimestamp": "2017-12-13T08:15:50.235Z",
        "hostZoneId": "Z123412341234",
        "queryName": "example.com",
        "queryType": "AAAA",
        "responseCode": "NOERROR",
        "protocol": "TCP",
        "edgeLocation": "IAD12",
        "resolverIp": "192.168.3.1",
        "ednsClientSubnet": "192.0.2.0/24",
    }


def test_json_with_the_same_names_is_read_as_json(over: Any) -> None:
    run = over(['{"action": "buy", "bytes": 7}', *FLOWS])
    assert run("filter bytes = 7 | display action, bytes, srcAddr") == [{"action": "buy", "bytes": "7"}]
