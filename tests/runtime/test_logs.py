"""What a function's log holds: its own lines and the platform's, as text and as JSON."""

from __future__ import annotations

import json
import re

from cloudarium.runtime.logs import Splitter
from tests.runtime.conftest import Lab


def test_lines_around_an_invocation(lab: Lab) -> None:
    spec = lab.function("print('loaded')\ndef handler(event, context):\n print('one')\n print('two', end='')")
    cold = lab.invoke(spec)
    lines = cold.log_tail.decode().split("\n")
    assert re.fullmatch(
        r"INIT_START Runtime Version: python:3\.\d+\.v\d+\tRuntime Version ARN:"
        r" arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}",
        lines[0],
    )
    lines = [line for line in lines if "not on this machine" not in line]
    assert lines[1] == "loaded"
    assert re.fullmatch(r"START RequestId: [0-9a-f-]{36} Version: \$LATEST", lines[2])
    assert lines[3:5] == ["one", "two"]
    assert re.fullmatch(r"END RequestId: [0-9a-f-]{36}", lines[5])
    report = (
        r"REPORT RequestId: [0-9a-f-]{36}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\t"
    )
    assert re.fullmatch(report + r"Init Duration: \d+\.\d\d ms\t", lines[6])
    warm = lab.invoke(spec).log_tail.decode().split("\n")
    assert warm[0].startswith("START ") and re.fullmatch(report, warm[4])
    spent = round(cold.init + cold.duration, 2)  # as the REPORT line shows them
    assert cold.billed >= spent > cold.billed - 1


def test_logging_is_set_up_and_a_record_stays_one(lab: Lab) -> None:
    source = """
import logging
log = logging.getLogger("mine")
logging.getLogger().setLevel("INFO")
def handler(event, context):
    print("before")
    log.info("several\\nlines")
    log.debug("not shown")
    print("after")
"""
    spec = lab.function(source)
    lab.lines.clear()
    lab.invoke(spec)
    own = [line for line in lab.lines if not re.match("INIT_START|START|END|REPORT|Runtime ", line)]
    assert own[0] == "before\n" and own[2] == "after\n"
    assert re.fullmatch(r"\[INFO\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t[0-9a-f-]{36}\tseveral\nlines\n", own[1])


def test_tail_is_the_last_four_kilobytes(lab: Lab) -> None:
    tail = lab.invoke(lab.function("def handler(e, c):\n for i in range(2000): print('line', i)")).log_tail
    assert len(tail) == 4096
    assert b"line 1999\n" in tail and b"line 0\n" not in tail and tail.endswith(b"\t\n")


def test_json_format(lab: Lab) -> None:
    source = """
import logging
def handler(event, context):
    logging.info("hidden")
    logging.warning("seen", extra={"order": 7})
    raise ValueError("no")
"""
    spec = lab.function(source, log_format="JSON", application_log_level="WARN", system_log_level="INFO")
    lab.lines.clear()
    lab.invoke(spec)
    records = [json.loads(line) for line in lab.lines]
    by_kind = {record["type"]: record["record"] for record in records if "type" in record}
    assert by_kind["platform.initStart"]["functionName"] == spec.name
    assert by_kind["platform.start"]["version"] == "$LATEST"
    assert by_kind["platform.report"]["status"] == "success"
    assert by_kind["platform.report"]["metrics"]["memorySizeMB"] == 128
    own = [record for record in records if "level" in record and "on this machine" not in record.get("message", "")]
    assert [record["level"] for record in own] == ["WARNING", "ERROR"]
    assert own[0]["message"] == "seen" and own[0]["order"] == 7 and own[0]["requestId"]
    assert own[1]["errorType"] == "ValueError"


def test_system_level_warn_leaves_failures_only(lab: Lab) -> None:
    spec = lab.function("def handler(event, context): pass", log_format="JSON", system_log_level="WARN")
    lab.lines.clear()
    lab.invoke(spec)
    assert [line for line in lab.lines if "platform." in line] == []


def test_splitter_takes_lines_and_frames_in_any_pieces() -> None:
    frame = b"\xa5\x5a\x00\x03" + (5).to_bytes(4, "big") + bytes(8) + b"a\nb\nc"
    stream = b"one\npart" + frame + b"two\n\nrest"
    for size in (1, 3, 7, 1000):
        splitter = Splitter()
        found = []
        for at in range(0, len(stream), size):
            found += splitter.feed(stream[at : at + size])
        assert found + splitter.flush() == [b"one", b"part", b"a\nb\nc", b"two", b"", b"rest"]


def test_splitter_survives_a_frame_that_lies() -> None:
    splitter = Splitter()
    assert splitter.feed(b"\xa5\x5a\x00\x03\xff\xff\xff\xff" + bytes(8) + b"x\n")
    assert splitter.feed(b"next\n")[-1] == b"next"
