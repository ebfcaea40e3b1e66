"""The Python runtime: asks the Runtime API for events, calls the handler, answers. Standard library only.

Runs inside the function's process, forked from a launcher (`run`) or as a program of its own. It imports as little as
it can: what it imports, a function's own module of the same name can no longer be.
"""

import json
import os
import socket
import sys
import time
import traceback

FRAME = b"\xa5\x5a\x00\x03"  # a log record of several lines; the bytes cannot begin anything in UTF-8


class Fault(Exception):
    """An error of the runtime's own kind: `Runtime.HandlerNotFound` and its like."""

    def __init__(self, kind, message, trace=None):
        Exception.__init__(self, message)
        self.kind, self.message, self.trace = kind, message, trace


class RuntimeApi:
    """A keep-alive HTTP/1.1 client for the three calls that a runtime makes, without http.client's 100 µs."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.host = address
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.next_request = self._head("GET", "runtime/invocation/next") + b"\r\n"

    def _head(self, method, path):
        return ("%s /2018-06-01/%s HTTP/1.1\r\nHost: %s\r\n" % (method, path, self.host)).encode()

    def next(self):
        """Wait for an event: (headers with lower-case names, body)."""
        self.socket.sendall(self.next_request)
        return self._answer()

    def post(self, path, body, content_type="application/json", error_type=None):
        """Send a response or an error."""
        head = "Content-Type: %s\r\nContent-Length: %d\r\n" % (content_type, len(body))
        if error_type:
            head += "Lambda-Runtime-Function-Error-Type: %s\r\n" % error_type
        self.socket.sendall(self._head("POST", path) + head.encode("latin-1", "replace") + b"\r\n" + body)
        return self._answer()

    def _receive(self):
        data = self.socket.recv(262144)
        if not data:
            os._exit(0)  # the cloud is gone
        return data

    def _answer(self):
        data = self.received
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, rest = data.partition(b"\r\n\r\n")
        headers = {}
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        chunks, size = [rest], len(rest)
        while size < length:
            chunks.append(self._receive())
            size += len(chunks[-1])
        body = b"".join(chunks)
        self.received = body[length:]
        return headers, body[:length]


# ---- the context object ----------------------------------------------------------------------------------------


class _Fields:
    """An object with fixed attributes read from a dict; missing ones are None."""

    __slots__ = ()

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self):
        shown = ",".join("%s=%s" % (name, getattr(self, name)) for name in self.__slots__)
        return "%s([%s])" % (type(self).__name__, shown)


class CognitoIdentity(_Fields):
    """Who called by an identity pool."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Fields):
    """The mobile application that called."""

    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(_Fields):
    """What the caller sent as ClientContext."""

    __slots__ = ("custom", "env", "client")


class LambdaContext:
    """The handler's second argument."""

    def __init__(self, headers):
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = None
        self.client_context = self._client(_header_json(headers, "lambda-runtime-client-context", "Client Context"))
        identity = _header_json(headers, "lambda-runtime-cognito-identity", "Cognito Identity") or {}
        self.identity = CognitoIdentity(
            {
                "cognito_identity_id": identity.get("cognitoIdentityId"),
                "cognito_identity_pool_id": identity.get("cognitoIdentityPoolId"),
            }
        )
        self._epoch_deadline_time_in_ms = int(headers.get("lambda-runtime-deadline-ms", "0"))

    @staticmethod
    def _client(values):
        if not isinstance(values, dict):
            return None
        context = ClientContext(values)
        if isinstance(context.client, dict):
            context.client = Client(context.client)
        return context

    def get_remaining_time_in_millis(self):
        """Milliseconds until the invocation is timed out."""
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def log(self, message):
        """Write to the function's log."""
        sys.stdout.write(str(message))

    def __repr__(self):
        names = "aws_request_id log_group_name log_stream_name function_name memory_limit_in_mb function_version"
        names += " invoked_function_arn client_context identity tenant_id"
        return "LambdaContext([%s])" % ",".join("%s=%s" % (name, getattr(self, name)) for name in names.split())


def _header_json(headers, name, title):
    text = headers.get(name)
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (title, error))


# ---- logs ------------------------------------------------------------------------------------------------------


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
        lines = ["[ERROR] %s: %s" % (error["errorType"], error["errorMessage"]), "Traceback (most recent call last):"]
        for entry in error["stackTrace"]:
            for line in entry.splitlines():
                indent = len(line) - len(line.lstrip(" "))
                lines.append("\u00a0" * indent + line[indent:])
        self.write("\n".join(lines))


def _set_up_logging(log):
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
        result["location"] = "%s:%s:%s" % (record.pathname, record.funcName, record.lineno)
    result["requestId"] = record.aws_request_id
    for name, value in record.__dict__.items():
        if name not in known and name not in result and value is not None:
            result[name] = value
    return json.dumps(result, ensure_ascii=False, default=str)


# ---- values ----------------------------------------------------------------------------------------------------


def _encode(value):
    """The handler's result as JSON; a Decimal keeps its digits, as with AWS's runtime."""
    marks = []
    mark = os.urandom(12).hex()

    def default(thing):
        decimal = sys.modules.get("decimal")
        if decimal and isinstance(thing, decimal.Decimal):
            marks.append("NaN" if thing.is_nan() else str(thing))
            return "%s%d." % (mark, len(marks) - 1)
        raise TypeError("Object of type %s is not JSON serializable" % type(thing).__name__)

    try:
        text = json.dumps(value, default=default, ensure_ascii=_ascii())
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)
    for index, number in enumerate(marks):
        text = text.replace('"%s%d."' % (mark, index), number)
    return text.encode("utf-8", "surrogatepass")


def _ascii():
    environment = os.environ.get("AWS_EXECUTION_ENV", "")
    return environment.startswith("AWS_Lambda_python3.") and int(environment.rpartition(".")[2] or 0) < 12


def _error_of(kind, value, trace, request_id):
    frames = traceback.extract_tb(trace)
    while frames and frames[0].filename == __file__:
        frames.pop(0)
    return _error(str(value), kind.__name__, traceback.format_list(frames), request_id)


def _error(message, kind, trace, request_id=None):
    return {"errorMessage": message, "errorType": kind, "requestId": request_id or "", "stackTrace": trace or []}


def _find_handler(handler):
    module_name, dot, name = handler.rpartition(".")
    if not dot:
        raise Fault(
            "Runtime.MalformedHandlerName",
            "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler,
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "Runtime.BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name
        )
    import importlib

    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        message = "Syntax error in module '%s': %s" % (module_name, error)
        raise Fault("Runtime.UserCodeSyntaxError", message, trace)
    try:
        return getattr(module, name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (name, module_name))


# ---- the loop --------------------------------------------------------------------------------------------------


def run():
    """Load the handler and serve events until the process is ended; never returns."""
    code = 0
    try:
        _serve_events()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
        if code and not isinstance(leaving.code, int):
            sys.stderr.write("%s\n" % leaving.code)
    except BaseException:
        traceback.print_exc()
        code = 1
    _leave(code & 0xFF)


def _serve_events():
    _prepare_process()
    log = Log()
    _set_up_logging(log)
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    error = None
    try:
        handler = _find_handler(os.environ.get("_HANDLER", ""))
    except Fault as fault:
        error = _error(fault.message, fault.kind, fault.trace)
    except Exception:
        error = _error_of(*sys.exc_info(), None)
    if error is not None:
        log.error(error)
        api.post("runtime/init/error", _encode(error), error_type=error["errorType"])
        _leave(1)
    while True:
        headers, event = api.next()
        log.request_id = headers["lambda-runtime-aws-request-id"]
        if "lambda-runtime-trace-id" in headers:
            os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        _serve(api, log, handler, headers, event)


def _serve(api, log, handler, headers, event):
    request_id = log.request_id
    try:
        context = LambdaContext(headers)
        try:
            value = json.loads(event)
        except ValueError as error:
            raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)
        result = handler(value, context)
        kind = "application/json"
        if isinstance(result, bytes):
            kind = "application/unknown"
        else:
            result = _encode(result)
    except Fault as fault:
        error = _error(fault.message, fault.kind, fault.trace, request_id)
    except Exception:
        error = _error_of(*sys.exc_info(), request_id)
    else:
        sys.stdout.flush()
        sys.stderr.flush()
        api.post("runtime/invocation/%s/response" % request_id, result, kind)
        return
    log.error(error)
    api.post("runtime/invocation/%s/error" % request_id, _encode(error), error_type=error["errorType"])


def _prepare_process():
    """Standard streams that write at once, and what `site`, which is not imported, would have given."""
    import builtins
    import io

    for number, name in ((1, "stdout"), (2, "stderr")):
        raw = io.FileIO(number, "w", closefd=False)
        stream = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, "__%s__" % name, stream)
    sys.stdout.reconfigure(write_through=False)
    if not hasattr(builtins, "exit"):
        import _sitebuiltins

        builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")
        builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")


def _leave(code):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _main():
    """Started as a program: the import path is given as arguments, since -I and -S left only the standard library."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.dont_write_bytecode = True
    sys.path[:] = sys.argv[1:] + [entry for entry in sys.path if entry != here]
    sys.argv[1:] = []
    run()


if __name__ == "__main__":
    _main()
