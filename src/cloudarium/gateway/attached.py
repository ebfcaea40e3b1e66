"""Clients inside of a VPC: a call that the network does not let through gets no answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cloudarium.cloud import Cloud
from cloudarium.gateway.app import App, ClientGone
from cloudarium.gateway.connection import Connection
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.shared.passage import Passage

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState

Peer = tuple[str, int]
# Asked with a service's signing name ("" for what is not signed) and who calls: how he comes, None when not at all.
Judge = Callable[[str, Peer], Passage | None]
_SCOPE = re.compile(r"Credential=[^/,&]+/\d{8}/[^/,&]+/([^/,&]+)/aws4_request")


class _Attached(App):
    """The application as one such client sees it."""

    def __init__(self, cloud: Cloud, judge: Judge, peer: Peer) -> None:
        super().__init__(cloud)
        self.judge = judge
        self.peer = peer

    def answer(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Answer a request that the network lets through."""
        request.passage = self.judge(claimed_service(request), self.peer)
        return super().answer(request) if request.passage is not None else _lost()


async def _lost() -> HttpResponse:
    raise ClientGone


def claimed_service(request: HttpRequest) -> str:
    """The service that a request is signed for, by header or URL; empty when it is not signed."""
    found = _SCOPE.search(request.headers.get("authorization", "")) or _SCOPE.search(unquote(request.query))
    return found[1] if found else ""


class AttachedConnection(Connection):
    """The connection of one such client."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], judge: Judge) -> None:
        super().__init__(config, server_state, app_state)
        self.judge = judge

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self.app = _Attached(self.app.cloud, self.judge, transport.get_extra_info("peername")[:2])
        super().connection_made(transport)
