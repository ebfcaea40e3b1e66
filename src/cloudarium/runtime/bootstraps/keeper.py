"""The keeper: starts one program and ends it when the cloud goes away, however it goes.

    python -I -S keeper.py CONTROL_FD PROGRAM ARGUMENT...

The control pipe's other end is the cloud's: when it closes, the program gets SIGTERM, so that it can write down what it
holds, and after PATIENCE seconds SIGKILL. The program's own end ends the keeper with the same status. On Linux the
program ends with its keeper, too, should somebody kill that.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

PATIENCE = 10
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def main():
    """Run the program until either side ends."""
    control = int(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    wake, writer = os.pipe()
    for handle in (wake, writer):
        os.set_blocking(handle, False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer)
    dies_too = _die_too if sys.platform == "linux" else None
    program = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, preexec_fn=dies_too)
    while program.poll() is None:
        ready, _, _ = select.select([control, wake], [], [])
        asked = wake in ready and signal.SIGTERM in os.read(wake, 4096)
        if asked or control in ready:  # only its end can be read from the pipe
            _end(program)
    os._exit(program.returncode if program.returncode >= 0 else 128 - program.returncode)


def _die_too():
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _end(program):
    last = time.monotonic() + PATIENCE
    while program.poll() is None and time.monotonic() < last:
        program.terminate()  # again and again: Valkey does not heed it while it writes its first file
        _wait(program, 0.5)
    if program.poll() is None:
        program.kill()
        program.wait()


def _wait(program, seconds):
    last = time.monotonic() + seconds
    while program.poll() is None and time.monotonic() < last:
        time.sleep(0.01)


if __name__ == "__main__":
    main()
