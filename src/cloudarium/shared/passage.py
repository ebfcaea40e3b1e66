"""How a request came out of a VPC: between the network, which lets it through, and the policies, which may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """The condition keys that tell where a request came from, and the VPC endpoint that it came by, if it did.

    `policy` is the text of the endpoint's policy, empty when that lets everything through.
    """

    keys: Mapping[str, str]
    endpoint: str = ""
    policy: str = ""
