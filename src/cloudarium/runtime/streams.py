"""What a function answers piece by piece, on its way to whoever invoked it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

AHEAD = 1024 * 1024  # bytes that wait for the reader before the runtime has to
STREAM_LIMIT = 200 * 1024 * 1024  # bytes, AWS's default quota of a streamed response


class ResponseStream:
    """The pieces of one answer. `opened` is done once the runtime streams, or the invocation has ended without."""

    def __init__(self) -> None:
        self.content_type = ""
        self.size = 0
        self.streams = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_room: Callable[[], None] | None = None  # called once a full stream has room again
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._abandoned = False
        self._ended = False
        self._wake = asyncio.Event()

    def begin(self, content_type: str) -> None:
        """The runtime begins to stream."""
        self.content_type, self.streams = content_type, True
        self._open()

    def put(self, piece: bytes) -> bool:
        """Take in a piece; False once there is more than a response may have."""
        self.size += len(piece)
        if self.size > STREAM_LIMIT:
            return False
        if not self._abandoned:
            self._pieces.append(piece)
            self._waiting += len(piece)
            self._wake.set()
        return True

    @property
    def full(self) -> bool:
        """Whether more waits for the reader than should."""
        return self._waiting > AHEAD

    def abandon(self) -> None:
        """Nobody reads on: what comes now is dropped, and the runtime goes on to its end."""
        self._abandoned = True
        self._pieces.clear()
        self._read(self._waiting)

    def _read(self, size: int) -> None:
        self._waiting -= size
        if not self.full and self.on_room is not None:
            on_room, self.on_room = self.on_room, None
            on_room()

    def end(self) -> None:
        """Nothing comes any more."""
        self._ended = True
        self._open()
        self._wake.set()

    def _open(self) -> None:
        if not self.opened.done():
            self.opened.set_result(None)

    def __aiter__(self) -> ResponseStream:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self._ended:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        piece = self._pieces.popleft()
        self._read(len(piece))
        return piece
