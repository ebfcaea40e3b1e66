"""Each operation of each room is denied without, and allowed with exactly, its minimal policy.

`test_minimal_policies.py` derives the actions from the access table; `examples/ROOM.py` says, per operation, which
input succeeds and on which resources. An operation without an example fails by name.
"""
