"""What is kept of traces: as many as have room, the newest."""

from __future__ import annotations

import json

from cloudarium.gateway.rooms import schemas
from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.traces import documents, records
from cloudarium.traces.documents import Document

SCOPE = Scope("000000000000", "us-east-1")
NOW = 1_900_000_000.0


def put(store: Store, trace: int, size: int, segment: int = 1) -> str:
    """Keep a segment of about so many bytes; its trace's id."""
    id = f"1-{int(NOW):08x}-{trace:024x}"
    data = {"id": f"{segment:016x}", "trace_id": id, "name": "n", "start_time": NOW, "end_time": NOW}
    data["metadata"] = {"pad": "x" * size}
    found = [one for one in documents.read(json.dumps(data)) if isinstance(one, Document)]
    records.put(store, SCOPE, found, NOW)
    return id


def test_documents_have_a_budget_of_bytes() -> None:
    store = Store(None, schemas())
    with store.transaction():
        ids = [put(store, trace, 1000) for trace in range(250)]
        for segment in (1, 2):  # the first takes the place of the one that is there
            put(store, 249, 2000, segment)
        assert records.trim(store, most=1 << 30) == 0
        gone = records.trim(store, most=200_000)
    assert 0 < gone < 250
    left = [id for id in ids if records.find(store, SCOPE, id)]
    assert left == ids[gone:]
    (kept,) = store.one("SELECT bytes FROM volumes")
    assert kept == store.one("SELECT sum(length(document)) FROM trace_segments")[0] <= 200_000
    with store.transaction():
        assert records.expire(store, SCOPE, NOW, 1000) == len(left)
    assert store.one("SELECT bytes FROM volumes") == (0,)
    store.close()
