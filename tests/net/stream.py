"""A stream of numbered datagrams, of which it can be told afterwards whether one is missing."""
import re
import threading

from lan import any_address, eventually


class Stream:
    """From a thread, at most a window ahead of their acks, so that no queue overflows: `with Stream(…) as stream`."""

    def __init__(self, host, group="239.1.1.1", window=20):
        self._sock, self._group = host.udp(any_address(group)), group
        self._over, self._window = False, window
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = 0

    def _run(self):
        while not self._over:
            self._sock.sendto(b"number %d" % self.sent, (self._group, 5001))
            self.sent += 1
            if self.sent > self._window:
                self._sock.recv(64)

    def wait_for_more(self, count):
        enough = self.sent + count
        eventually(lambda: self.sent >= enough, "the stream to flow")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over = True
        self._thread.join()
        self._sock.close()


def numbers(daemon, count):
    """Those that the daemon has recorded, as soon as there are so many: in order, from 0 up, where none is lost."""
    return [int(re.search(r": number (\d+)$", line)[1]) for line in daemon.wait_for(r"^received .*: number ", count)]
