"""Connections without a cloud behind them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.stub import Stubber


class CopyingStubber(Stubber):
    """A stubber that leaves the test's own items alone: boto3's resource turns answers into plain values in place."""

    def add_response(self, method: str, service_response: Any, expected_params: Any = None) -> None:
        """Answer the next call of this method so."""
        super().add_response(method, copy.deepcopy(service_response), expected_params)


@contextmanager
def stubbed(client: Any) -> Iterator[Stubber]:
    """A connection that answers what the test lays in, refuses anything else, and was asked for all of it."""
    with CopyingStubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
