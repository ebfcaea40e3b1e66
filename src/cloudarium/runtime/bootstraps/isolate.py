"""The Linux side of isolation: namespaces, mounts and capabilities by ctypes. Runs in the launcher, never in the cloud.

A launcher calls `enter_root` once: it moves into its own user and mount namespace whose root holds only what a function
may see. Each execution environment is then cloned into its own PID and mount namespace (`clone`), lays its own
`/var/task`, `/opt` and `/tmp` over that root (`furnish`) and gives up every capability (`drop_privileges`).
"""

import ctypes
import os
import signal
import sys

_libc = ctypes.PyDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 36, 38, 47
CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN = 12, 13, 21
KEPT = (CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN)
USER_ID, GROUP_ID = 993, 990  # what AWS's sandbox user has
SYS_CLONE = {"x86_64": 56, "aarch64": 220}

VISIBLE = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix")
VISIBLE_ETC = [
    "ssl",
    "pki",
    "ca-certificates",
    "crypto-policies",
    "resolv.conf",
    "hosts",
    "nsswitch.conf",
    "localtime",
    "alternatives",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "services",
    "protocols",
    "mime.types",
    "host.conf",
    "gai.conf",
]
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def prctl(option, value=0, third=0):
    """One prctl; raises OSError."""
    numbers = [ctypes.c_ulong(number) for number in (value, third, 0, 0)]
    _check(_libc.prctl(option, *numbers), f"prctl {option}")


def mount(source, target, kind=None, flags=0, data=None):
    """One mount; raises OSError that names the target."""
    encode = lambda text: text.encode() if text is not None else None  # noqa: E731
    _check(
        _libc.mount(encode(source), encode(target), encode(kind), ctypes.c_ulong(flags), encode(data)),
        f"mount {target}",
    )


def unmount(target):
    """Take a mount out of sight, though something may still run from it."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def bind(source, target, read_only=True):
    """Show `source` (a file or folder) at `target`, which is made when missing."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target):
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    mount(source, target, None, MS_BIND | MS_REC)
    if read_only:
        # The flags that the original mount has are locked in a user namespace: leaving one out is EPERM.
        kept = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
        mount(None, target, None, MS_BIND | MS_REMOUNT | MS_RDONLY | kept)


def enter_root(place, binds):
    """Move this process into a fresh root, a tmpfs at `place`: system folders and `binds` [(source, target)] only."""
    user, group = os.geteuid(), os.getegid()
    _check(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{USER_ID} {user} 1")
    _write("/proc/self/gid_map", f"{GROUP_ID} {group} 1")
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m")
    _lay_system(place)
    for source, target in binds:
        bind(source, place + target)
    os.chdir(place)
    _check(_libc.pivot_root(b".", b"."), "pivot_root")
    unmount(".")
    os.chdir("/")
    _keep_capabilities()


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)


def _lay_system(place):
    for folder in VISIBLE:
        if os.path.islink(folder):
            os.symlink(os.readlink(folder), place + folder)
        elif os.path.isdir(folder):
            bind(folder, place + folder)
    for name in VISIBLE_ETC:
        path = "/etc/" + name
        if os.path.exists(path):
            bind(os.path.realpath(path), place + path)
    _write_accounts(place)
    os.makedirs(place + "/dev")
    for name in DEVICES:
        if os.path.exists("/dev/" + name):
            bind("/dev/" + name, place + "/dev/" + name, read_only=False)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink("/proc/self/fd" + target, place + "/dev/" + name)
    for folder in ("/proc", "/tmp", "/opt", "/var/task", "/var/runtime", "/var/lang", "/var/rapid", "/home", "/.cloud"):
        os.makedirs(place + folder, exist_ok=True)
    mount("/proc", place + "/proc", None, MS_BIND | MS_REC)
    for name, target in (
        ("/node_modules", "/var/runtime/node_modules"),
        ("/var/node_modules", "/opt/nodejs/node_modules"),
    ):
        os.symlink(target, place + name)  # where Node's ES modules, which know no NODE_PATH, look on their way up


def _write_accounts(place):
    os.makedirs(place + "/etc", exist_ok=True)
    _write(
        place + "/etc/passwd",
        f"root:x:0:0:root:/root:/bin/sh\nsbx_user1051:x:{USER_ID}:{GROUP_ID}::/home/sbx_user1051:/sbin/nologin\n",
    )
    _write(place + "/etc/group", f"root:x:0:\nsbx_user1051:x:{GROUP_ID}:\n")


class _CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapData(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def _set_capabilities(low):
    header = _CapHeader(0x20080522, 0)
    data = (_CapData * 2)(_CapData(low, low, low), _CapData(0, 0, 0))
    _check(_libc.capset(ctypes.byref(header), data), "capset")


def _keep_capabilities():
    """Keep what mounts and networks need (in this namespace only) through the execve that starts the launcher anew."""
    _set_capabilities(sum(1 << capability for capability in KEPT))
    for capability in KEPT:
        prctl(PR_CAP_AMBIENT, 2, capability)  # 2 = raise


def new_network():
    """Move this process into a network namespace of its own, in which nothing is up."""
    _check(_libc.unshare(CLONE_NEWNET), "unshare a network")


def enter_network(handle):
    """Move this process into a network namespace that there is."""
    _check(_libc.setns(handle, CLONE_NEWNET), "enter a network")


def clone():
    """Fork into new PID and mount namespaces; 0 in the child, which is that namespace's init."""
    before, parent, child = (
        getattr(ctypes.pythonapi, name) for name in ("PyOS_BeforeFork", "PyOS_AfterFork_Parent", "PyOS_AfterFork_Child")
    )
    flags = CLONE_NEWPID | CLONE_NEWNS | int(signal.SIGCHLD)
    zero = ctypes.c_ulong(0)
    before()
    pid = _libc.syscall(ctypes.c_long(SYS_CLONE[os.uname().machine]), ctypes.c_ulong(flags), zero, zero, zero, zero)
    if pid == 0:
        child()
        return 0
    parent()
    if pid < 0:
        number = ctypes.get_errno()
        raise OSError(number, "clone: " + os.strerror(number))
    return pid


def furnish(task, opt, tmp_bytes):
    """Give a cloned environment its own /var/task, /opt, /tmp and /proc, and hide where they came from."""
    bind(task, "/var/task")
    if opt:
        bind(opt, "/opt")
    mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, f"mode=1777,size={tmp_bytes}")
    try:
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except OSError:  # a container that masks parts of /proc forbids a new one; better none than the host's
        unmount("/proc")
    for hidden in ("/.cloud", "/.python"):
        if os.path.ismount(hidden):
            unmount(hidden)
    mount(None, "/", None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


def drop_privileges():
    """Give up every capability for good."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_CAP_AMBIENT, 4)  # 4 = clear all
    _set_capabilities(0)


def die_with_parent(number):
    """Ask Linux to send this process a signal when its parent ends; elsewhere the parent's pipe is watched."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, int(number))


def adopt_orphans():
    """Become the parent of every process below that loses its own, so that none can slip away."""
    if sys.platform == "linux":
        prctl(PR_SET_CHILD_SUBREAPER, 1)
