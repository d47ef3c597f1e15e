"""Memory that runs out: calls of the daemon for memory are counted, and those refused that a test has chosen.

What does it is tests/fault/memory.c, with which this shares a file: see struct control there."""
import contextlib
import mmap
import struct

from daemon import built

CONTROL = struct.Struct("=4Q")
ALL = 1 << 62


class Memory:
    """For a Daemon's environment."""

    def __init__(self, folder):
        path = f"{folder}/memory"
        with open(path, "w+b") as file:
            file.truncate(CONTROL.size)
            self._shared = mmap.mmap(file.fileno(), CONTROL.size)
        self.environment = {
            "LD_PRELOAD": built("fault_memory.so"), "MCASTD_FAULT_MEMORY": path,
            # A sanitizer would come first.
            "ASAN_OPTIONS": "verify_asan_link_order=0"}

    @property
    def calls(self):
        """Since the start."""
        return CONTROL.unpack(self._shared[:])[0]

    def refuse_from_the_start(self, first, count):
        """Of a daemon that is to be started: so many calls, from the one with this number on."""
        self._shared[:] = CONTROL.pack(0, first, count, 0)

    def relent(self):
        self._shared[8:24] = bytes(16)

    @contextlib.contextmanager
    def refusing(self, first, count):
        """Within, from now on: the next call has the number 1. Gives a function that says how many were refused."""
        _, _, _, before = CONTROL.unpack(self._shared[:])
        self._shared[8:24] = struct.pack("=2Q", self.calls + first, count)
        try:
            yield lambda: CONTROL.unpack(self._shared[:])[3] - before
        finally:
            self.relent()
