"""The pauses between tries: of web servers by their policies, of queues and functions as AWS documents them."""

from __future__ import annotations

import json

import pytest

from cloudarium.services.sns.rules import http_policies
from cloudarium.shared.errors import AwsError


def pauses(function="linear", **given):
    retries = {"minDelayTarget": 1, "maxDelayTarget": 16, "numRetries": 5, "backoffFunction": function, **given}
    whole = http_policies.effective(json.dumps({"healthyRetryPolicy": retries}), None)
    return http_policies.pauses(whole["healthyRetryPolicy"])


def test_a_policy_that_says_nothing_is_three_tries_in_a_minute():
    assert http_policies.pauses(http_policies.effective(None, None)["healthyRetryPolicy"]) == [20, 20, 20]


def test_the_phases_come_one_after_the_other():
    given = {"numRetries": 7, "numNoDelayRetries": 2, "numMinDelayRetries": 1, "numMaxDelayRetries": 2}
    assert pauses(**given) == [0, 0, 1, 1, 16, 16, 16]


@pytest.mark.parametrize("function", http_policies.FUNCTIONS)
def test_pauses_grow_from_the_shortest_to_the_longest(function):
    found = pauses(function)
    assert found == sorted(found) and len(set(found)) == 5
    assert (found[0], found[-1]) == (1, pytest.approx(16))
    assert pauses(function, numRetries=1) == [1] and pauses(function, maxDelayTarget=1) == [1] * 5


def test_how_they_grow():
    assert pauses("linear") == [1, 4.75, 8.5, 12.25, 16]
    assert pauses("geometric") == pytest.approx([1, 2, 4, 8, 16])
    assert pauses("arithmetic") == pytest.approx([1, 2.5, 5.5, 10, 16])
    assert pauses("exponential") == pytest.approx([1, 2, 4, 8, 16])


def test_a_topic_may_overrule_its_subscriptions():
    own = json.dumps({"healthyRetryPolicy": {"numRetries": 9}, "throttlePolicy": {"maxReceivesPerSecond": 1}})
    topic = json.dumps({"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}, "disableSubscriptionOverrides": True}})
    found = http_policies.effective(own, topic)
    assert found["healthyRetryPolicy"]["numRetries"] == 5 and found["throttlePolicy"] is None
    assert http_policies.effective(own, None)["healthyRetryPolicy"]["numRetries"] == 9


def test_no_policy_lasts_longer_than_an_hour():
    for given in ({"minDelayTarget": 60, "maxDelayTarget": 60, "numRetries": 61}, {"numMaxDelayRetries": 6}):
        with pytest.raises(AwsError):
            http_policies.check_subscription(json.dumps({"healthyRetryPolicy": {"numRetries": 5, **given}}), "")
    fine = {"minDelayTarget": 60, "maxDelayTarget": 60, "numRetries": 60}
    http_policies.check_subscription(json.dumps({"healthyRetryPolicy": fine}), "")


def test_queues_and_functions_are_tried_for_23_days():
    first = [http_policies.service_pause(tries) for tries in range(15)]
    assert first[:5] == [0, 0, 0, 1, 1] and first[5] == 1 and first[-1] == 20
    total, tries = 0.0, 0
    while (pause := http_policies.service_pause(tries)) is not None:
        total, tries = total + pause, tries + 1
    assert tries == 100_015 and total == pytest.approx(23 * 86_400, rel=0.01)
