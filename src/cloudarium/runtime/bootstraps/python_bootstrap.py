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

from python_log import Log, set_up_logging  # type: ignore[import-not-found]


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
        return (f"{method} /2018-06-01/{path} HTTP/1.1\r\nHost: {self.host}\r\n").encode()

    def next(self):
        """Wait for an event: (headers with lower-case names, body)."""
        self.socket.sendall(self.next_request)
        return self._answer()

    def post(self, path, body, content_type="application/json", error_type=None):
        """Send a response or an error."""
        head = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        if error_type:
            head += f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n"
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

    __slots__: tuple = ()

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self):
        shown = ",".join(f"{name}={getattr(self, name)}" for name in self.__slots__)
        return f"{type(self).__name__}([{shown}])"


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
        client = values.get("client")
        return ClientContext({**values, "client": Client(client) if isinstance(client, dict) else client})

    def get_remaining_time_in_millis(self):
        """Milliseconds until the invocation is timed out."""
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def log(self, message):
        """Write to the function's log."""
        sys.stdout.write(str(message))

    def __repr__(self):
        names = "aws_request_id log_group_name log_stream_name function_name memory_limit_in_mb function_version"
        names += " invoked_function_arn client_context identity tenant_id"
        return "LambdaContext([{}])".format(",".join(f"{name}={getattr(self, name)}" for name in names.split()))


def _header_json(headers, name, title):
    text = headers.get(name)
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", f"Unable to parse {title} JSON: {error}") from None


# ---- values ----------------------------------------------------------------------------------------------------


def _encode(value):
    """The handler's result as JSON; a Decimal keeps its digits, as with AWS's runtime."""
    marks = []
    mark = os.urandom(12).hex()

    def default(thing):
        decimal = sys.modules.get("decimal")
        if decimal and isinstance(thing, decimal.Decimal):
            marks.append("NaN" if thing.is_nan() else str(thing))
            return f"{mark}{len(marks) - 1}."
        raise TypeError(f"Object of type {type(thing).__name__} is not JSON serializable")

    try:
        text = json.dumps(value, default=default, ensure_ascii=_ascii())
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
    for index, number in enumerate(marks):
        text = text.replace(f'"{mark}{index}."', number)
    return text.encode("utf-8", "surrogatepass")


def _ascii():
    environment = os.environ.get("AWS_EXECUTION_ENV", "")
    return environment.startswith("AWS_Lambda_python3.") and int(environment.rpartition(".")[2] or 0) < 12


def _present_error(request_id):
    """The exception that is being handled, without the frames of this file."""
    kind, value, trace = sys.exc_info()
    frames = traceback.extract_tb(trace)
    while frames and frames[0].filename == __file__:
        frames.pop(0)
    return _error(str(value), getattr(kind, "__name__", ""), traceback.format_list(frames), request_id)


def _error(message, kind, trace, request_id=None):
    return {"errorMessage": message, "errorType": kind, "requestId": request_id or "", "stackTrace": trace or []}


def _find_handler(handler):
    module_name, dot, name = handler.rpartition(".")
    if not dot:
        raise Fault(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)",
        ) from None
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module"
        ) from None
    import importlib

    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from None
    try:
        return getattr(module, name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'") from None


# ---- the loop --------------------------------------------------------------------------------------------------


def run():
    """Load the handler and serve events until the process is ended; never returns."""
    code = 0
    try:
        _serve_events()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
        if code and not isinstance(leaving.code, int):
            sys.stderr.write(f"{leaving.code}\n")
    except BaseException:
        traceback.print_exc()
        code = 1
    _leave(code & 0xFF)


def _serve_events():
    _prepare_process()
    log = Log()
    set_up_logging(log)
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    error = None
    try:
        handler = _find_handler(os.environ.get("_HANDLER", ""))
    except Fault as fault:
        error = _error(fault.message, fault.kind, fault.trace)
    except Exception:
        error = _present_error(None)
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
        except ValueError as problem:
            raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {problem}") from None
        result = handler(value, context)
        kind = "application/json"
        if isinstance(result, bytes):
            kind = "application/unknown"
        else:
            result = _encode(result)
    except Fault as fault:
        error = _error(fault.message, fault.kind, fault.trace, request_id)
    except Exception:
        error = _present_error(request_id)
    else:
        sys.stdout.flush()
        sys.stderr.flush()
        api.post(f"runtime/invocation/{request_id}/response", result, kind)
        return
    log.error(error)
    api.post(f"runtime/invocation/{request_id}/error", _encode(error), error_type=error["errorType"])


def _prepare_process():
    """Standard streams that write at once, and what `site`, which is not imported, would have given."""
    import builtins
    import io

    for number, name in ((1, "stdout"), (2, "stderr")):
        raw = io.FileIO(number, "w", closefd=False)
        stream = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
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
