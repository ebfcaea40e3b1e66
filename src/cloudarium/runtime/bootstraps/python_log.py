"""The log of a Python function: records of `logging` and errors in AWS's form. Standard library only."""

import json
import os
import sys
import time
import traceback

FRAME = b"\xa5\x5a\x00\x03"  # a record of several lines; the bytes cannot begin anything in UTF-8


class Log:
    """Where records go: the process's standard output, framed so that a record of many lines stays one."""

    def __init__(self):
        self.json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        self.request_id = ""

    def write(self, text):
        """Write one record, however many lines it has."""
        sys.stdout.flush()
        body = text.encode("utf-8", "replace")
        frame = FRAME + len(body).to_bytes(4, "big") + (time.time_ns() // 1000).to_bytes(8, "big") + body
        view = memoryview(frame)
        while view:
            view = view[os.write(1, view) :]

    def error(self, error):
        """Write an error as AWS does: `[ERROR] Type: message` and its traceback, or JSON."""
        if self.json:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self.write(json.dumps({"timestamp": stamp, "level": "ERROR", **error}, ensure_ascii=False))
            return
        lines = [
            "[ERROR] {}: {}".format(error["errorType"], error["errorMessage"]),
            "Traceback (most recent call last):",
        ]
        for entry in error["stackTrace"]:
            for line in entry.splitlines():
                indent = len(line) - len(line.lstrip(" "))
                lines.append("\u00a0" * indent + line[indent:])
        self.write("\n".join(lines))


def set_up_logging(log):
    """Give the root logger a handler that writes as AWS's does."""
    import logging

    class Handler(logging.Handler):
        """Gives every record the request's id and writes it to the function's log."""

        def emit(self, record):
            """Write one record."""
            record.aws_request_id = log.request_id
            log.write(self.format(record))

    class JsonFormatter(logging.Formatter):
        """AWS's JSON form of a record."""

        def format(self, record):
            """One JSON object; what `extra` gave is in it."""
            return _json_record(record, self, known)

    known = set(vars(logging.makeLogRecord({}))) | {"aws_request_id", "message", "asctime", "taskName"}
    logging.Formatter.converter = time.gmtime
    handler = Handler()
    if log.json:
        handler.setFormatter(JsonFormatter(datefmt="%Y-%m-%dT%H:%M:%SZ"))
    else:
        pattern = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        handler.setFormatter(logging.Formatter(pattern, "%Y-%m-%dT%H:%M:%S"))
    root = logging.getLogger()
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = "DEBUG" if level == "TRACE" else "CRITICAL" if level == "FATAL" else level
    if level in ("DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL"):
        root.setLevel(level)
    root.addHandler(handler)


def _json_record(record, formatter, known):
    message = record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage()
    result = {
        "timestamp": formatter.formatTime(record, formatter.datefmt),
        "level": record.levelname,
        "message": message,
        "logger": record.name,
    }
    if record.exc_info and record.exc_info[0]:
        result["stackTrace"] = traceback.format_tb(record.exc_info[2])
        result["errorType"] = record.exc_info[0].__name__
        result["errorMessage"] = str(record.exc_info[1])
        result["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
    result["requestId"] = record.aws_request_id
    for name, value in record.__dict__.items():
        if name not in known and name not in result and value is not None:
            result[name] = value
    return json.dumps(result, ensure_ascii=False, default=str)
