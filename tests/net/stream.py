"""A stream of numbered datagrams, of which it can be told afterwards whether one is missing."""
import re

from background import Background
from lan import any_address, eventually


class Stream(Background):
    """From a thread, at most a window ahead of their acks, so that no queue overflows: `with Stream(…) as stream`."""

    def __init__(self, host, group="239.1.1.1", window=20):
        super().__init__(self._send)
        self._sock, self._group, self._window = host.udp(any_address(group)), group, window
        self.sent = 0

    def _send(self):
        self._sock.sendto(b"number %d" % self.sent, (self._group, 5001))
        self.sent += 1
        if self.sent > self._window:
            self._sock.recv(64)

    def wait_for_more(self, count):
        enough = self.sent + count
        eventually(lambda: self.sent >= enough, "the stream to flow")

    def __exit__(self, *raised):
        with self._sock:
            super().__exit__(*raised)


def numbers(daemon, count):
    """Those that the daemon has recorded, as soon as there are so many: in order, from 0 up, where none is lost."""
    return [int(re.search(r": number (\d+)$", line)[1]) for line in daemon.wait_for(r"^received .*: number ", count)]
