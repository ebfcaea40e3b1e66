"""A function's log: its output cut into records, and the platform's own START, END and REPORT lines."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from cloudarium.runtime.spec import FunctionSpec, LogEvent
from cloudarium.traces import header
from cloudarium.traces.header import TraceHeader

FRAME = b"\xa5\x5a\x00"  # how the runtimes mark a record of several lines in their output; not valid UTF-8
FRAME_HEAD = 16
TAIL_BYTES = 4096
RECORD_BYTES = 256 * 1024


class Splitter:
    """Cuts a byte stream of lines and framed records into records."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The records that are whole now, without their line ends."""
        self._data += data
        records: list[bytes] = []
        while self._step(records):
            pass
        return records

    def flush(self) -> list[bytes]:
        """What is left without a line end."""
        rest, self._data = self._data, b""
        return [rest] if rest else []

    def _step(self, records: list[bytes]) -> bool:
        data = self._data
        frame = data.find(FRAME)
        line_end = data.find(b"\n")
        if frame >= 0 and (line_end < 0 or frame < line_end):
            if frame > 0:
                records.append(data[:frame])
                self._data = data[frame:]
                return True
            return self._take_frame(records)
        if line_end < 0:
            if len(data) > RECORD_BYTES:
                records.append(data[:RECORD_BYTES])
                self._data = data[RECORD_BYTES:]
                return True
            return False
        records.append(data[:line_end])
        self._data = data[line_end + 1 :]
        return True

    def _take_frame(self, records: list[bytes]) -> bool:
        data = self._data
        if len(data) < FRAME_HEAD:
            return False
        length = int.from_bytes(data[4:8], "big")
        if length > 64 * RECORD_BYTES:  # not a frame of any runtime: plain bytes of the function
            records.append(data[:FRAME_HEAD])
            self._data = data[FRAME_HEAD:]
            return True
        if len(data) < FRAME_HEAD + length:
            return False
        body = data[FRAME_HEAD : FRAME_HEAD + length].rstrip(b"\n")
        records += [body[at : at + RECORD_BYTES] for at in range(0, len(body), RECORD_BYTES)] or [b""]
        self._data = data[FRAME_HEAD + length :]
        return True


class FunctionLog:
    """The log of one environment: takes output and platform events, keeps the tail, passes all on."""

    def __init__(
        self,
        spec: FunctionSpec,
        clock: Callable[[], float],
        sink: Callable[[LogEvent], None],
        initialization: str = "on-demand",
    ) -> None:
        self.spec = spec
        self.initialization = initialization
        self.clock = clock
        self.sink = sink
        self.as_json = spec.log_format == "JSON"
        self.tail = bytearray()
        self._splitter = Splitter()
        self._came: TraceHeader | None = None  # the trace of the present invocation, if it is sampled

    def output(self, data: bytes) -> None:
        """Bytes that the function's process wrote."""
        for record in self._splitter.feed(data):
            self._write(record.decode("utf-8", "replace") + "\n")

    def flush(self) -> None:
        """Write out a last line that has no end."""
        for record in self._splitter.flush():
            self._write(record.decode("utf-8", "replace") + "\n")

    def start_tail(self) -> None:
        """From here on the tail is kept: an invocation begins."""
        self.tail.clear()

    def line(self, text: str) -> None:
        """A line of the platform's, in either format."""
        if self.as_json:
            text = json.dumps({"timestamp": self._stamp(), "level": "WARN", "message": text})
        self._write(text + "\n")

    def init_start(self, version: str, version_arn: str) -> None:
        """A cold start begins."""
        record = {
            "initializationType": self.initialization,
            "phase": "init",
            "runtimeVersion": version,
            "runtimeVersionArn": version_arn,
            "functionName": self.spec.name,
            "functionVersion": self.spec.version,
        }
        text = f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {version_arn}"
        self._platform("platform.initStart", record, text)

    def init_report(self, duration: float, phase: str, status: str, error_type: str) -> None:
        """An initialisation failed."""
        record: dict[str, object] = {
            "initializationType": self.initialization,
            "phase": phase,
            "status": status,
            "metrics": {"durationMs": round(duration, 3)},
        }
        text = f"INIT_REPORT Init Duration: {duration:.2f} ms\tPhase: {phase}\tStatus: {status}"
        if error_type:
            record["errorType"] = error_type
            text += f"\tError Type: {error_type}"
        self._platform("platform.initReport", record, text, failed=True)

    def start(self, request_id: str, trace: str = "") -> None:
        """An invocation begins; `trace` is the header that the function gets."""
        came = header.parse(trace) if self.spec.tracing == "Active" else None
        self._came = came if came is not None and came.sampled == "1" else None
        record = {"requestId": request_id, "version": self.spec.version, **self._tracing()}
        self._platform("platform.start", record, f"START RequestId: {request_id} Version: {self.spec.version}")

    def timed_out(self, request_id: str) -> None:
        """The handler took longer than the function's timeout."""
        if not self.as_json:
            self._write(f"{self._stamp()} {request_id} Task timed out after {self.spec.timeout:.2f} seconds\n\n")

    def end(self, request_id: str, duration: float, init: float, max_memory: int, status: str, error_type: str) -> int:
        """An invocation is over; gives the billed milliseconds.

        Since August 2025 AWS bills initialisation for all, but for provisioned concurrency, which is billed by itself.
        """
        billed = math.ceil(round(duration + (init if self.initialization == "on-demand" else 0.0), 2))
        metrics: dict[str, float] = {
            "durationMs": round(duration, 3),
            "billedDurationMs": billed,
            "memorySizeMB": self.spec.memory,
            "maxMemoryUsedMB": max_memory,
        }
        text = (
            f"REPORT RequestId: {request_id}\tDuration: {duration:.2f} ms\tBilled Duration: {billed} ms"
            f"\tMemory Size: {self.spec.memory} MB\tMax Memory Used: {max_memory} MB\t"
        )
        if init:
            metrics["initDurationMs"] = round(init, 3)
            text += f"Init Duration: {init:.2f} ms\t"
        record: dict[str, object] = {"requestId": request_id, "metrics": metrics, "status": status, **self._tracing()}
        if status != "success":
            text += f"Status: {status}\t"
        if error_type:
            record["errorType"] = error_type
            text += f"Error Type: {error_type}\t"
        if self._came is not None:
            text += f"\nXRAY TraceId: {self._came.root}\tSegmentId: {self._came.parent}\tSampled: true\t"
        if not self.as_json:
            self._write(f"END RequestId: {request_id}\n")
        self._platform("platform.report", record, text, failed=status != "success")
        return billed

    def _tracing(self) -> dict[str, object]:
        """The trace of a sampled invocation, as the platform's records have it."""
        if self._came is None:
            return {}
        return {"tracing": {"spanId": self._came.parent, "type": "X-Amzn-Trace-Id", "value": str(self._came)}}

    def _platform(self, kind: str, record: Mapping[str, object], text: str, failed: bool = False) -> None:
        if not self.as_json:
            self._write(text + "\n")
        elif failed or self.spec.system_log_level != "WARN":
            self._write(json.dumps({"time": self._stamp(), "type": kind, "record": record}) + "\n")

    def _stamp(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def _write(self, message: str) -> None:
        self.sink(LogEvent(self.clock(), message))
        self.tail += message.encode()
        if len(self.tail) > 4 * TAIL_BYTES:
            del self.tail[:-TAIL_BYTES]

    def tail_bytes(self) -> bytes:
        """The last 4 KiB since the invocation began."""
        return bytes(self.tail[-TAIL_BYTES:])
