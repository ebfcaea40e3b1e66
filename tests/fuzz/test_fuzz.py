"""The fuzzer for some seconds, the same examples each time: no area finds anything. `make fuzz` goes on from here."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cloudarium.gateway.http import HttpRequest
from tests.fuzz import areas
from tests.fuzz.area import AREAS, run
from tests.fuzz.target import Found, Target, guarded

EXAMPLES = 50  # of each area
SLOW = {
    "valid-cloudformation": 15,
    "cloudformation-sam": 4,
    "cloudformation-json": 15,
    "cloudformation-changes": 25,
    "ssm-pattern": 6,
    "raw": 40,
}


@pytest.mark.parametrize("name", areas.ALL)
def test_nothing_is_found(name: str) -> None:
    report = run(name, seed=1, numbers=range(SLOW.get(name, EXAMPLES)))
    assert not report.found, "\n\n".join(report.found)
    assert report.examples == SLOW.get(name, EXAMPLES)


# ---- The judge itself ------------------------------------------------------------------------------------------------


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Target:
    made = Target()
    request.addfinalizer(made.close)
    return made


def test_a_broken_handler_is_found(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudarium.services.ssm.records.find", lambda *_: 1 / 0, raising=False)
    monkeypatch.setattr("cloudarium.gateway.invoke.invoke", lambda call: 1 / 0)
    monkeypatch.setattr("cloudarium.gateway.pipeline.API_CALL", (lambda call: 1 / 0,))
    with pytest.raises(Found, match="ZeroDivisionError"):
        target.ask("sts", "GetCallerIdentity")


def test_a_change_by_a_refused_call_is_found(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    from cloudarium.shared.errors import AwsError

    def leak(call: object) -> None:
        target.cloud.store.run("INSERT INTO tags VALUES ('arn', 'k', 'v', 0)")
        raise AwsError("no", code="ValidationException", status=400)

    monkeypatch.setattr("cloudarium.gateway.pipeline.API_CALL", (leak,))
    with pytest.raises(Found, match="INSERT tags"):
        target.ask("ssm", "GetParameter", Name="x")


def test_what_is_taken_back_is_no_change(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    from cloudarium.shared.errors import AwsError

    def refuse(call: object) -> None:
        with target.cloud.store.transaction():
            target.cloud.store.run("INSERT INTO tags VALUES ('arn', 'k', 'v', 0)")
            raise AwsError("no", code="ValidationException", status=400)

    monkeypatch.setattr("cloudarium.gateway.pipeline.API_CALL", (refuse,))
    assert target.ask("ssm", "GetParameter", Name="x").status == 400


def test_a_hang_is_found() -> None:
    with pytest.raises(Found, match="no end"), guarded(0.05):
        while True:
            pass


def test_an_answer_that_cannot_be_read_is_found(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("readable", "readable_xml"):
        monkeypatch.setattr(f"cloudarium.gateway.protocols.query.{name}", lambda text: text)
    request = HttpRequest("POST", "/", headers={"content-type": "application/x-www-form-urlencoded"})
    request.body = b"Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId=%01"
    with pytest.raises(Found, match="cannot be read"):
        target.send(request, "sts")


def test_the_same_example_is_made_twice_alike() -> None:
    made: list[list[float]] = []
    area = AREAS["clock-text"]
    for _ in range(2):
        seen: list[float] = []
        AREAS["clock-text"] = area._replace(attack=lambda _target, source, seen=seen: seen.append(source.random()))
        try:
            run("clock-text", 7, range(20))
        finally:
            AREAS["clock-text"] = area
        made.append(seen)
    assert made[0] == made[1] and len(set(made[0])) == 20


def test_one_example_can_be_played_again_from_the_command_line() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--only", "clock-text", "--seed", "3", "--example", "7"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "Nothing was found." in done.stdout
    unknown = subprocess.run([*command[:4], "no-such-area"], capture_output=True, text=True, timeout=60)
    assert unknown.returncode == 2 and "There are: " in unknown.stdout
