"""Linux's networking by netlink: makes a network namespace look like a subnet. Runs in the launcher, not in the cloud.

`furnish` lays out a fresh namespace so that nothing outside of it is reached: whatever leaves goes into one end of a
virtual cable whose other end nobody reads, and a connection times out as it does where a security group lets nothing
through. `open_to` and `close_to` then say which destinations (address and TCP port) end at a listener of the cloud's
inside this namespace, and which of the function's own loopback ports are cut off like any other.
"""

import os
import socket
import struct

RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH, RTM_NEWRULE, RTM_DELRULE = 16, 20, 24, 28, 32, 33
REQUEST, ACK, CREATE = 1, 4, 0x400
NLMSG_ERROR = 2

IFLA_IFNAME, IFLA_LINKINFO, IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 3, 18, 1, 2, 1
IFA_ADDRESS, IFA_LOCAL = 1, 2
NDA_DST, NDA_LLADDR, NUD_PERMANENT = 1, 2, 0x80
RTA_OIF, RTA_GATEWAY, RTA_PREFSRC, RTA_TABLE = 4, 5, 7, 15
RTN_UNICAST, RTN_LOCAL, SCOPE_UNIVERSE, SCOPE_HOST, ONLINK = 1, 2, 0, 254, 4
FRA_DST, FRA_PRIORITY, FRA_TABLE, FRA_IP_PROTO, FRA_DPORT_RANGE = 1, 6, 15, 22, 24
PROTOCOL_STATIC, ACTION_TABLE, IFF_UP = 4, 1, 1

MAIN, LOCAL, REACHED, VOID = 254, 255, 100, 200  # routing tables; the last two are ours
OPEN, CLOSED, SELF, LOOPBACK, REST = 10, 20, 30, 40, 200  # priorities of rules, in the order they are asked
ETH_P_IP = 0x0800
NEXT_HOP = "169.254.1.1"
CABLE, NOWHERE = "eni0", "void0"


class Netlink:
    """A routing socket of the namespace that this process is in. Every method raises OSError."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self.socket.bind((0, 0))

    def _ask(self, kind, flags, body):
        header = struct.pack("=IHHII", 16 + len(body), kind, REQUEST | ACK | flags, 1, 0)
        self.socket.sendall(header + body)
        answer = self.socket.recv(65536)
        if struct.unpack_from("=H", answer, 4)[0] == NLMSG_ERROR:
            number = -struct.unpack_from("=i", answer, 16)[0]
            if number:
                raise OSError(number, f"netlink {kind}: {os.strerror(number)}")

    def add_cable(self, near, far):
        """Make a pair of virtual interfaces."""
        peer = _attribute(VETH_INFO_PEER, _link() + _attribute(IFLA_IFNAME, far.encode() + b"\0"))
        info = _attribute(IFLA_INFO_KIND, b"veth") + _attribute(IFLA_INFO_DATA, peer)
        body = _link() + _attribute(IFLA_IFNAME, near.encode() + b"\0") + _attribute(IFLA_LINKINFO, info)
        self._ask(RTM_NEWLINK, CREATE, body)

    def raise_link(self, name):
        """Bring an interface up."""
        self._ask(RTM_NEWLINK, 0, _link(socket.if_nametoindex(name), IFF_UP))

    def add_address(self, name, address):
        """Give an interface its one address."""
        body = struct.pack("=BBBBI", socket.AF_INET, 32, 0, SCOPE_UNIVERSE, socket.if_nametoindex(name))
        packed = socket.inet_aton(address)
        self._ask(RTM_NEWADDR, CREATE, body + _attribute(IFA_LOCAL, packed) + _attribute(IFA_ADDRESS, packed))

    def add_neighbour(self, name, address):
        """Say for good where an address lives, so that nobody asks for it."""
        body = struct.pack("=BBHiHBB", socket.AF_INET, 0, 0, socket.if_nametoindex(name), NUD_PERMANENT, 0, 0)
        link_address = b"\x02\0\0\0\0\1"
        self._ask(
            RTM_NEWNEIGH,
            CREATE,
            body + _attribute(NDA_DST, socket.inet_aton(address)) + _attribute(NDA_LLADDR, link_address),
        )

    def add_default(self, table, name, hop="", source=""):
        """A table's default route: to the next hop, or, without one, to this very host."""
        kind, scope, flags = (RTN_UNICAST, SCOPE_UNIVERSE, ONLINK) if hop else (RTN_LOCAL, SCOPE_HOST, 0)
        body = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, table, PROTOCOL_STATIC, scope, kind, flags)
        body += _attribute(RTA_TABLE, struct.pack("=I", table))
        body += _attribute(RTA_OIF, struct.pack("=I", socket.if_nametoindex(name)))
        if hop:
            body += _attribute(RTA_GATEWAY, socket.inet_aton(hop))
        if source:
            body += _attribute(RTA_PREFSRC, socket.inet_aton(source))
        self._ask(RTM_NEWROUTE, CREATE, body)

    def add_rule(self, priority, table, address="", length=32, port=0):
        """Have a routing table asked for what goes to this address (and TCP port)."""
        self._ask(RTM_NEWRULE, CREATE, _rule(priority, table, address, length, port))

    def delete_rule(self, priority, table, address="", length=32, port=0):
        """Take a rule away."""
        self._ask(RTM_DELRULE, 0, _rule(priority, table, address, length, port))


def _attribute(kind, value):
    size = 4 + len(value)
    return struct.pack("=HH", size, kind) + value + b"\0" * (-size % 4)


def _link(index=0, flags=0):
    return struct.pack("=BBHiII", socket.AF_UNSPEC, 0, 0, index, flags, flags)


def _rule(priority, table, address, length, port):
    length = length if address else 0
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, length, 0, 0, table, 0, 0, ACTION_TABLE, 0)
    body += _attribute(FRA_PRIORITY, struct.pack("=I", priority)) + _attribute(FRA_TABLE, struct.pack("=I", table))
    if address:
        body += _attribute(FRA_DST, socket.inet_aton(address))
    if port:
        body += _attribute(FRA_IP_PROTO, bytes([socket.IPPROTO_TCP]))
        body += _attribute(FRA_DPORT_RANGE, struct.pack("=HH", port, port))
    return body


def furnish(address):
    """Lay out the fresh namespace that this process is in: its address there, its own loopback, and nothing reached."""
    netlink = Netlink()
    netlink.raise_link("lo")
    netlink.add_cable(CABLE, NOWHERE)
    for name in (CABLE, NOWHERE):
        netlink.raise_link(name)
    netlink.add_address(CABLE, address)
    netlink.add_neighbour(CABLE, NEXT_HOP)
    for table in (MAIN, VOID):
        netlink.add_default(table, CABLE, NEXT_HOP)
    netlink.add_default(REACHED, "lo", source=address)  # so a listener sees the interface's address as its peer
    netlink.add_rule(SELF, LOCAL, "127.0.0.1")
    netlink.add_rule(LOOPBACK, VOID, "127.0.0.0", 8)
    netlink.add_rule(REST, LOCAL)
    netlink.delete_rule(0, LOCAL)
    with open("/proc/sys/net/ipv4/tcp_syn_retries", "w") as file:
        file.write("1")  # a connection into nowhere ends after three seconds, not after two minutes


def change(opened, closed, no_longer_opened, no_longer_closed):
    """Change what is reached: lists of (address, port)."""
    netlink = Netlink()
    for address, port in no_longer_opened:
        netlink.delete_rule(OPEN, REACHED, address, port=port)
    for address, port in no_longer_closed:
        netlink.delete_rule(CLOSED, VOID, address, port=port)
    for address, port in opened:
        netlink.add_rule(OPEN, REACHED, address, port=port)
    for address, port in closed:
        netlink.add_rule(CLOSED, VOID, address, port=port)


def lost():
    """A socket from which every packet can be read that leaves this namespace and so gets nowhere."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(ETH_P_IP))
    made.bind((NOWHERE, ETH_P_IP))
    return made


def datagrams(address, port):
    """A socket for datagrams of this namespace; port 0 takes a free one."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, port))
    return made


def listen(address, port):
    """A listening socket of this namespace; port 0 takes a free one."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.IPPROTO_IP, 15, 1)  # IP_FREEBIND: the address need not be one of this host's
    made.bind((address, port))
    made.listen(128)
    return made
