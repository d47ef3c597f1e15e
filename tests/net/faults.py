"""System calls that fail as they are told to: strace before the daemon, or attached to it for a while.

strace -D makes the daemon itself the started process, so that signals and the exit status are the daemon's."""
import contextlib
import re
import signal

from interfaces import held, sockets
from lan import DEADLINE

STRACE = ["strace", "-f", "-e", "signal=none"]
# Memory that is still reachable cannot be looked for while somebody traces.
WITHOUT_LEAK_CHECK = {"ASAN_OPTIONS": "detect_leaks=0"}


class FromTheStart:
    """From its start on, and as long as it runs, for a Daemon's `journal`. Its calls are written to the file."""

    def __init__(self, file, fault):
        self._file, self._fault = file, fault

    def wrap(self, command):
        call = self._fault.split(":")[0]
        return [*STRACE, "-D", "-qq", "-o", self._file, "-e", f"trace={call}", "-e", f"inject={self._fault}", *command]

    def calls(self):
        with open(self._file) as file:
            return [line for line in file if "(INJECTED)" in line]


@contextlib.contextmanager
def injected(daemon, host, fault, inode=None):
    """Within, calls of the daemon fail: all of them, or those with this socket. Gives the program that tells
    of each call in a line with (INJECTED)."""
    only = ["-P", f"socket:[{inode}]"] if inode else []
    call = fault.split(":")[0]
    strace = host.start(*STRACE, *only, "-e", f"trace={call}", "-e", f"inject={fault}", "-p", daemon.process.pid)
    strace.wait_for("attached")
    try:
        yield strace
    finally:
        # Let go in the midst of a call it would see an error that is not that of the fault.
        with held(daemon):
            strace.process.send_signal(signal.SIGINT)
            strace.process.wait(DEADLINE)


def injections(strace):
    return len(strace.lines(r"\(INJECTED\)"))


def udp_inodes(host, daemon):
    """The inodes of its UDP sockets, in the order in which they were made."""
    own = {int(re.search(r"\d+", link)[0]) for link in sockets(daemon)}
    lines = host.read("/proc/net/udp").splitlines()[1:]
    return sorted(own & {int(line.split()[9]) for line in lines})
