"""Node types and how much memory a cache of each may use, as AWS publishes it.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
"""

from __future__ import annotations

from cloudarium.services.elasticache.errors import Invalid

_SMALL = {"micro": 536870912, "small": 1471026299, "medium": 3317862236}
_M = {
    "large": 6854542746, "xlarge": 13891921715, "2xlarge": 27966669210, "4xlarge": 56116178125,
    "8xlarge": 111325552312, "12xlarge": 168715971994, "16xlarge": 225000375228, "24xlarge": 337500562842,
}  # fmt: skip
_R = {
    "large": 14037181030, "xlarge": 28261849702, "2xlarge": 56711183565, "4xlarge": 113609865216,
    "8xlarge": 225000375228, "12xlarge": 341206346547, "16xlarge": 450000750456, "24xlarge": 682485973811,
}  # fmt: skip
_INTEL, _ARM = ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge"), (
    "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
)  # fmt: skip

MEMORY: dict[str, int] = {
    "cache.t2.micro": 581959680,
    "cache.t2.small": 1665138688,
    "cache.t2.medium": 3461349376,
    "cache.m4.large": 6892593152,
    "cache.m4.xlarge": 15328501760,
    "cache.m4.2xlarge": 31889126359,
    "cache.m4.4xlarge": 65257290629,
    "cache.m4.10xlarge": 166047614239,
    "cache.r4.large": 13201781556,
    "cache.r4.xlarge": 26898228839,
    "cache.r4.2xlarge": 54197537997,
    "cache.r4.4xlarge": 108858546586,
    "cache.r4.8xlarge": 218255432090,
    "cache.r4.16xlarge": 437021573120,
    **{f"cache.{family}.{size}": _SMALL[size] for family in ("t3", "t4g") for size in _SMALL},
    **{f"cache.m5.{size}": _M[size] for size in _INTEL},
    **{f"cache.{family}.{size}": _M[size] for family in ("m6g", "m7g") for size in _ARM},
    **{f"cache.r5.{size}": _R[size] for size in _INTEL},
    **{f"cache.{family}.{size}": _R[size] for family in ("r6g", "r7g") for size in _ARM},
}
DEFAULT = "cache.t4g.micro"
SERVERLESS_BYTES = 1024**3  # in a gigabyte of the limit of a serverless cache


def memory(node_type: str) -> int:
    """The bytes of a node type before what is reserved is taken off. Raises Invalid."""
    if node_type not in MEMORY:
        raise Invalid("Invalid Cache Node Type or Engine Version.")
    return MEMORY[node_type]


def processors(node_type: str) -> int:
    """The virtual processors of a node type."""
    size = node_type.rpartition(".")[2]
    if node_type in ("cache.t2.micro", "cache.t2.small"):
        return 1
    return 4 * int(size.removesuffix("xlarge") or 1) if size.endswith("xlarge") else 2


def usable(node_type: str, reserved_percent: int) -> int:
    """What data may take: the rest is reserved for copies in the making."""
    return MEMORY[node_type] * (100 - reserved_percent) // 100


def alternatives(node_type: str) -> tuple[list[str], list[str]]:
    """To which types a node may be scaled up and down, by memory."""
    own = MEMORY[node_type]
    others = sorted(MEMORY, key=lambda one: (MEMORY[one], one))
    return [one for one in others if MEMORY[one] > own], [one for one in others if MEMORY[one] < own]
