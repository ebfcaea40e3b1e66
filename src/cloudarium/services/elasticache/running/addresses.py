"""Addresses for caches: loopback addresses of their own, so that each has its usual port.

Where the system has only 127.0.0.1 (macOS), a cache gets a port of its own instead.
"""

from __future__ import annotations

import errno
import socket

from cloudarium.services.elasticache import records
from cloudarium.services.elasticache.errors import NoCapacity
from cloudarium.services.elasticache.running.plans import Destination
from cloudarium.shared import ids
from cloudarium.store import Store

NETWORK = "127.77"
_SHARED = "127.0.0.1"
_TRIES = 200


def choose(store: Store, ports: list[int]) -> list[Destination]:
    """A place at an address of its own for each port: nobody else listens there. Raises NoCapacity."""
    found: list[Destination] = []
    for port in ports:
        found.append(_free(store, port, found))
    return found


def choose_together(store: Store, ports: list[int]) -> list[Destination]:
    """Places for these ports at one and the same address. Raises NoCapacity."""
    for _ in range(_TRIES):
        address = _some()
        places = [(address, port) for port in ports]
        if any(records.is_taken(store, *place) for place in places):
            continue
        outcomes = [_listens(place) for place in places]
        if errno.EADDRNOTAVAIL in outcomes:
            return [_port_of_its_own() for _ in ports]
        if not any(outcomes):
            return places
    raise NoCapacity("No address of this machine is free for another cache.")


def _free(store: Store, port: int, besides: list[Destination]) -> Destination:
    while True:
        (place,) = choose_together(store, [port])
        if place not in besides:
            return place


def _some() -> str:
    return f"{NETWORK}.{ids.integer(0, 255)}.{ids.integer(1, 254)}"


def _listens(place: Destination) -> int:
    """Zero when one could listen there, else why not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
            probe.listen(1)
        except PermissionError as error:  # a port below 1024
            raise NoCapacity(f"This machine lets nobody but its administrator listen on port {place[1]}.") from error
        except OSError as error:
            return error.errno or errno.EADDRINUSE
    return 0


def _port_of_its_own() -> Destination:
    with socket.socket() as probe:
        probe.bind((_SHARED, 0))
        return _SHARED, probe.getsockname()[1]


def inner(place: Destination) -> tuple[Destination, int]:
    """Where the other servers of a cache reach the one whose clients come to `place`: it, and a second port.

    On an address of its own these stay the same, so that servers which are started again find each other.
    """
    address, port = place
    near = (address, port - 1), (address, port - 2)
    if address != _SHARED and not any(_listens(one) for one in near):
        return near[0], port - 2
    return _port_of_its_own(), _port_of_its_own()[1]
