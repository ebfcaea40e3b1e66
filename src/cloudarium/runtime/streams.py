"""What a function answers piece by piece, on its way to whoever invoked it."""

from __future__ import annotations

import asyncio
from collections import deque

STREAM_LIMIT = 200 * 1024 * 1024  # bytes, AWS's default quota of a streamed response


class ResponseStream:
    """The pieces of one answer. `opened` is done once the runtime streams, or the invocation has ended without."""

    def __init__(self) -> None:
        self.content_type = ""
        self.size = 0
        self.streams = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pieces: deque[bytes] = deque()
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
        self._pieces.append(piece)
        self._wake.set()
        return True

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
        return self._pieces.popleft()
