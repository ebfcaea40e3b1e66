"""The networks of one launcher: a namespace for each way of being attached to a VPC. Runs in the launcher only.

The launcher itself stays where it is: whatever is done inside of a network is done by a short-lived child.
"""

import array
import json
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import isolate  # type: ignore[import-not-found] # noqa: E402
import netlink  # type: ignore[import-not-found] # noqa: E402


class Network:
    """One namespace: the handle that keeps it, and the destinations that are open and closed in it."""

    def __init__(self, handle):
        self.handle = handle
        self.opened = set()
        self.closed = set()


class Networks:
    """Makes, changes and forgets networks as the cloud orders, and moves environments into theirs."""

    def __init__(self):
        self.known = {}

    def enter(self, key):
        """Move this process into a network."""
        isolate.enter_network(self.known[key].handle)

    def order(self, order):
        """Carry out an order of the cloud's; the sockets it asked for, as handles. Raises OSError."""
        key = order["network"]
        if order.get("forget"):
            network = self.known.pop(key, None)
            if network is not None:
                os.close(network.handle)
            return []
        if key not in self.known:
            self.known[key] = Network(_make(order["address"]))
        network = self.known[key]

        def make():
            made = [netlink.lost()] if order.get("lost") else []
            made += [netlink.listen(*where) for where in order.get("listen", [])]
            return [one.detach() for one in made + [netlink.datagrams(*where) for where in order.get("datagrams", [])]]

        wanted = order.get("lost") or order.get("listen") or order.get("datagrams")
        sockets = _inside(network.handle, make) if wanted else []
        if "opened" in order:  # last, or a connection in between would be refused
            self._change(network, order)
        return sockets

    def _change(self, network, order):
        opened, closed = ({tuple(where) for where in order[name]} for name in ("opened", "closed"))
        before = network.opened, network.closed

        def change():
            netlink.change(opened - before[0], closed - before[1], before[0] - opened, before[1] - closed)
            return []

        if before != (opened, closed):
            _inside(network.handle, change)
            network.opened, network.closed = opened, closed


def _make(address):
    def make():
        isolate.new_network()
        netlink.furnish(address)
        return [os.open("/proc/self/ns/net", os.O_RDONLY)]

    return _inside(None, make)[0]


def _inside(handle, work):
    """Do work in a child inside of the network; the handles that it gives. Raises what it raised, as OSError."""
    ours, theirs = socket.socketpair()
    with ours:
        pid = os.fork()
        if pid == 0:
            _work(theirs, handle, work)
        theirs.close()
        handles = array.array("i")
        data, ancillary, _, _ = ours.recvmsg(65536, socket.CMSG_LEN(64 * handles.itemsize))
        for _, _, content in ancillary:
            handles.frombytes(content[: len(content) - len(content) % handles.itemsize])
        os.waitpid(pid, 0)
    problem = json.loads(data) if data else [0, "the network's process ended"]
    if problem:
        raise OSError(*problem)
    return list(handles)


def _work(answer, handle, work):
    problem = None
    given = []
    try:
        if handle is not None:
            isolate.enter_network(handle)
        given = work()
    except OSError as error:
        problem = [error.errno or 0, str(error.strerror or error)]
    except BaseException as error:  # said to the cloud, which says it to whoever asks
        problem = [0, f"{type(error).__name__}: {error}"]
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(given)}i", *given))] if given else []
    answer.sendmsg([json.dumps(problem).encode()], rights)
    os._exit(0)
