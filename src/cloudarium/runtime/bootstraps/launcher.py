"""The launcher: a small single-threaded process beside the cloud that starts every execution environment.

    python -I -S launcher.py CONTROL_FD CONFIGURATION

It is told what to start over a Unix socket (one JSON line per start, the environment's log and status pipes passed
along), and is the only parent that functions have: when the cloud goes away, however it goes, the socket ends and the
launcher kills what it started. A launcher for Python has the runtime's SDK already imported and forks functions from
itself; that is what makes a cold start short. Runs on the standard library alone, on any Python from 3.6.
"""

import contextlib
import gc
import json
import os
import resource  # now: where a function's process is set up, the launcher's own library is out of sight
import select
import signal
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import isolate  # type: ignore[import-not-found] # noqa: E402
import networks  # type: ignore[import-not-found] # noqa: E402
import python_bootstrap  # type: ignore[import-not-found] # noqa: E402

OURS = ("__main__", "isolate", "netlink", "networks", "python_bootstrap", "python_log")

# What the SDK imports late, and nearly every function that uses the SDK needs.
PRELOADED = [
    "boto3",
    "boto3.session",
    "boto3.resources.factory",
    "boto3.dynamodb.types",
    "boto3.dynamodb.conditions",
    "boto3.dynamodb.transform",
    "boto3.s3.inject",
    "botocore.session",
    "botocore.client",
    "botocore.args",
    "botocore.credentials",
    "botocore.endpoint",
    "botocore.httpsession",
    "botocore.httpchecksum",
    "botocore.parsers",
    "botocore.serialize",
    "botocore.signers",
    "botocore.paginate",
    "botocore.waiter",
    "botocore.retries.standard",
    "botocore.retries.adaptive",
    "botocore.tokens",
    "botocore.crt",
    "botocore.regions",
    "botocore.endpoint_provider",
    "botocore.eventstream",
    "s3transfer.manager",
]

WARMED = ("dynamodb", "s3")


def main():
    """Enter the isolated root when told to, then serve until the cloud is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    configuration = json.loads(sys.argv[2])
    if configuration["isolate"] and configuration["stage"] == 1:
        try:
            _enter(control, configuration)
        except Exception as error:  # whatever forbids namespaces here: the cloud starts a plain launcher instead
            _say(control, {"failed": f"{type(error).__name__}: {error}"})
            os._exit(0)
    launcher = Launcher(control, configuration)
    if configuration["preload"]:
        _preload(configuration)
    top_level = sorted({name.partition(".")[0] for name in sys.modules} - set(OURS))
    _say(control, {"ready": True, "modules": top_level})
    launcher.serve()


def _say(control, message, handles=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(handles)}i", *handles))] if handles else []
    try:
        control.sendmsg([json.dumps(message).encode() + b"\n"], rights)
    except (BrokenPipeError, ConnectionResetError):  # the cloud is gone, and so are we
        os._exit(0)


def _enter(control, configuration):
    isolate.enter_root(configuration["root"], configuration["binds"])
    configuration["stage"] = 2
    os.set_inheritable(control.fileno(), True)
    program = configuration["program"]
    arguments = [program, "-I", "-S", "/var/rapid/launcher.py", str(control.fileno()), json.dumps(configuration)]
    variables = {"LD_LIBRARY_PATH": configuration["library_path"], "LANG": "en_US.UTF-8", "TZ": ":UTC", "HOME": "/tmp"}
    os.execve(program, arguments, variables)


def _preload(configuration):
    import importlib

    sys.path.append(configuration["sdk"])
    sys.dont_write_bytecode = True
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:  # another release of the SDK may not have this part
            continue
    try:
        _warm_sdk()
    except Exception as error:  # a saving only: without it clients take longer to make
        sys.stderr.write(f"the SDK was not warmed: {type(error).__name__}: {error}\n")
    gc.collect()
    gc.freeze()


def _warm_sdk():
    """Make a client of the commonest services here and let every later session start with the models this has read.

    Reading and decoding models and endpoint rules is two thirds of the time that a first client takes. A session with a
    data path of its own reads for itself.
    """
    import botocore.session

    make_loader = botocore.session.create_loader
    warm = make_loader()
    session = botocore.session.Session()
    session.register_component("data_loader", warm)
    for name in WARMED:
        session.create_client(name, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")

    def create_loader(search_path_string=None):
        loader = make_loader(search_path_string)
        if search_path_string is None:
            vars(loader)["_cache"] = dict(vars(warm)["_cache"])
        return loader

    botocore.session.create_loader = create_loader


class Launcher:
    """Starts environments as asked, reaps them, and ends with the cloud."""

    def __init__(self, control, configuration):
        self.control = control
        self.configuration = configuration
        self.guards = {}
        self.networks = networks.Networks()
        self.received = b""
        self.handles = []
        self.alive_reader, self.alive_writer = os.pipe()
        # The first process of a PID namespace takes all others with it whatever way it ends; a plain one needs to be
        # asked, so that it can look for what its function left behind.
        self.end = signal.SIGKILL if configuration["isolate"] else signal.SIGTERM

    def serve(self):
        """Answer starts until the socket ends; then kill every environment and stop."""
        wake = _watch_signals()
        isolate.adopt_orphans()
        while True:
            ready, _, _ = select.select([self.control, wake], [], [])
            if wake in ready:
                if signal.SIGTERM in os.read(wake, 4096):
                    break
                self._reap()
            if self.control in ready and not self._receive():
                break
        for guard in self.guards:
            with contextlib.suppress(OSError):
                os.kill(guard, self.end)
        os._exit(0)

    def _reap(self):
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.guards.pop(pid, None)

    def _receive(self):
        """Take what has come; False when the cloud has closed its end."""
        handles_size = socket.CMSG_LEN(16 * 4)
        try:
            data, ancillary, _, _ = self.control.recvmsg(1 << 20, handles_size)
        except ConnectionResetError:  # the cloud was killed before it read our last word
            return False
        for _, _, content in ancillary:
            self.handles += struct.unpack(f"{len(content) // 4}i", content)
        if not data:
            return False
        self.received += data
        while b"\n" in self.received:
            line, _, self.received = self.received.partition(b"\n")
            order = json.loads(line)
            if order["do"] == "network":
                self._network(order)
                continue
            log, status = self.handles[0], self.handles[1]
            del self.handles[:2]
            self._start(order, log, status)
        return True

    def _network(self, order):
        handles = []
        try:
            handles = self.networks.order(order)
            _say(self.control, {"id": order["id"], "handles": len(handles)}, handles)
        except OSError as error:
            _say(self.control, {"id": order["id"], "error": str(error)})
        finally:
            for handle in handles:
                os.close(handle)

    def _start(self, order, log, status):
        try:
            pid = isolate.clone() if self.configuration["isolate"] else os.fork()
            if pid == 0:
                self._become_guard(order, log, status)
            self.guards[pid] = order["id"]
            _say(self.control, {"id": order["id"], "pid": pid})
        except OSError as error:
            _say(self.control, {"id": order["id"], "error": str(error)})
        finally:
            os.close(log)
            os.close(status)

    def _become_guard(self, order, log, status):
        """The environment's first process: sets it up, runs the function's process, takes everything down with it."""
        code = 70
        try:
            wake = _watch_signals()
            isolate.die_with_parent(self.end)
            os.setsid()
            os.close(self.alive_writer)
            os.dup2(log, 1)
            os.dup2(log, 2)
            if self.configuration["isolate"]:
                if order["network"]:
                    self.networks.enter(order["network"])
                isolate.furnish(order["task"], order["opt"], order["tmp_bytes"])
            isolate.adopt_orphans()
            pid = os.fork()
            if pid == 0:
                self._become_function(order)
            _guard(pid, status, self.alive_reader, wake)
        except BaseException as error:
            os.write(status, json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode())
        finally:
            os._exit(code)

    def _become_function(self, order):
        """Turn this process into the function's: its environment, its folder, its code; nothing of ours stays open."""
        try:
            isolate.die_with_parent(signal.SIGKILL)
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            if self.configuration["isolate"]:
                isolate.drop_privileges()
            null = os.open("/dev/null", os.O_RDONLY)
            os.dup2(null, 0)
            os.closerange(3, 256)
            _limit(order["limits"])
            os.chdir(order["folder"])
            os.umask(0o022)
            if order["argv"]:
                os.execve(order["argv"][0], order["argv"], order["variables"])
            _run_python(order)
        except BaseException as error:
            os.write(2, (f"{type(error).__name__}: {error}\n").encode())
        os._exit(71)


def _limit(limits):
    for name, value in limits.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _watch_signals():
    """Have the end of a child and the order to end written into a pipe, whose read end is given."""
    wake_reader, wake_writer = os.pipe()
    for handle in (wake_reader, wake_writer):
        os.set_blocking(handle, False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(wake_writer)
    return wake_reader


def _guard(pid, status, alive, wake):
    """Wait for the function's process to end, or for the order to end, or the launcher to go; leave nothing behind."""
    try:
        while True:
            ended, code, usage = _collect(pid)
            if ended:
                with contextlib.suppress(OSError):  # the cloud may be gone by now
                    os.write(status, json.dumps({"status": code, "max_rss": usage}).encode())
                break
            ready, _, _ = select.select([wake, alive], [], [])
            if alive in ready:  # only its end can be read from it: the launcher is gone
                break
            if signal.SIGTERM in os.read(wake, 4096):
                break
    finally:
        _kill(pid)
        _kill_orphans()
    os._exit(0)


def _collect(pid):
    """Reap everything that has ended: (has `pid` ended, its wait status, its highest resident size in KiB)."""
    while True:
        try:
            ended, code, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return True, 0, 0
        if ended == pid:
            size = usage.ru_maxrss
            return True, code, size // 1024 if sys.platform == "darwin" else size
        if ended == 0:
            return False, 0, 0


def _kill_orphans():
    """Kill what the function's processes left to us, until nothing is. In a PID namespace our own end does the same."""
    if os.getpid() == 1 or sys.platform != "linux":
        return
    while True:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            children = [int(word) for word in file.read().split()]
        for child in children:
            _kill(child, group=False)
        try:
            os.waitpid(-1, 0)  # its own children, if it had any, are ours now
        except ChildProcessError:
            return


def _kill(pid, group=True):
    for send in (os.killpg, os.kill) if group else (os.kill,):
        with contextlib.suppress(OSError):
            send(pid, signal.SIGKILL)


def _run_python(order):
    """Run the Python runtime in this forked process."""
    os.environ.clear()
    os.environ.update(order["variables"])
    time.tzset()
    sys.path[:] = order["path"] + [entry for entry in sys.path if entry not in (HERE, *order["path"])]
    sys.argv[:] = ["/var/runtime/bootstrap.py"]
    sys.dont_write_bytecode = True
    for name in OURS[1:]:
        sys.modules.pop(name, None)
    python_bootstrap.run()


if __name__ == "__main__":
    main()
