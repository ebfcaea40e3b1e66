"""The groups that a query's SOURCE selects."""

from __future__ import annotations

from cloudarium.services.logs import records
from cloudarium.services.logs.errors import InvalidParameter, MalformedQuery
from cloudarium.services.logs.insights.syntax import Source, parse
from cloudarium.services.logs.records.groups import Group
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_MOST = 10_000


def selected(store: Store, scope: Scope, source: Source) -> list[Group]:
    """The groups whose class and beginning of the name a SOURCE names. Raises InvalidParameter for too many."""
    found: dict[int, Group] = {}
    for prefix in source.prefixes or ("",):
        some = records.groups(store, *scope, after="", limit=_MOST + 1, prefix=prefix, classes=source.classes)
        found |= {group.id: group for group in some}
    if len(found) > _MOST:
        raise InvalidParameter(f"SOURCE selects more than {_MOST} log groups.")
    return list(found.values())


def names_in(store: Store, scope: Scope, text: object) -> list[str]:
    """The groups that a query's text is about; none for a text without SOURCE, or which is no query."""
    if not isinstance(text, str) or not text.lstrip().lower().startswith("source"):
        return []
    try:
        source = parse(text).source
    except (InvalidParameter, MalformedQuery, NotBuilt):
        return []
    if source is None:
        return []
    return list(source.names) or [group.name for group in selected(store, scope, source)]
