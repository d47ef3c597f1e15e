"""Reload after reload under a stream: what is not changed by one notices nothing of it."""
import contextlib
import re
import time

from background import Background
from daemon import emitter, receiver
from figures import report
from interfaces import descriptors, memory

RELOADS, WARM = 1000, 200
PER_SECOND = 1000
SLACK = 256  # kB
GROUPS = UNCHANGED, RETUNED = "239.1.1.1", "239.1.1.2"
FREE = {"LOG_RATE": "unlimited", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}


def configuration(n):
    """The n-th: every other section is changed in it, some way or another."""
    return "".join([
        receiver("MCSERVER.unchanged", MCAST_GROUP=UNCHANGED, **FREE | {"HANDLERS": "ack"}),
        receiver("MCSERVER.retuned", MCAST_GROUP=RETUNED, **FREE, ALLOW=f"10.0.0.0/{8 + n % 8}",
                 HANDLERS=("log, ack", "ack, log")[n % 2], RECEIVE_BUFFER=f"{100 + n % 2}K"),
        receiver("MCSERVER.reopened", PORT=6000 + n % 2),
        receiver(f"MCSERVER.{'added' if n % 2 else 'dropped'}", PORT=6002),
        emitter("MCCLIENT.retuned", PORT=6003, TTL=1 + n % 2, INTERVAL="1h", MESSAGE=f"message {n}"),
        emitter("MCCLIENT.reopened", PORT=6004 + n % 2, INTERVAL="1h"),
    ])


class PacedStream(Background):
    """Numbered datagrams to each of the groups, so many a second, of which at most a window is not yet
    acknowledged: a machine that stands still overflows no queue."""

    WINDOW = 100

    def __init__(self, host):
        super().__init__(self._send)
        self._socks = {group: host.udp() for group in GROUPS}
        self._due, self.sent = 0, 0

    def _send(self):
        for group, sock in self._socks.items():
            sock.sendto(b"number %d" % self.sent, (group, 5001))
            if self.sent >= self.WINDOW:
                sock.recv(64)
        self.sent += 1
        self._due = max(self._due + 1 / PER_SECOND, time.monotonic() - 0.01)
        time.sleep(max(0, self._due - time.monotonic()))

    def __exit__(self, *raised):
        with contextlib.ExitStack() as stack:
            for sock in self._socks.values():
                stack.enter_context(sock)
            super().__exit__(*raised)


def test_nothing_is_lost_and_nothing_left_behind_in_1000_reloads(here, there, mcastd):
    daemon = mcastd(here, configuration(0))
    with PacedStream(there) as stream:
        for n in range(1, RELOADS + 1):
            daemon.reload_unread(configuration(n))
            if n == WARM:
                before = descriptors(daemon), memory(daemon)
    after = descriptors(daemon), memory(daemon)
    for section in "mcserver.unchanged", "mcserver.retuned":
        daemon.wait_for_counters(section, received=stream.sent, acked=stream.sent)
    report(f"{RELOADS} reloads under a stream: sent {stream.sent}, "
           f"received {daemon.counters('mcserver.unchanged')['received']}; retuned each time: "
           f"received {daemon.counters('mcserver.retuned')['received']}; descriptors {before[0]} and {after[0]}, "
           f"resident {before[1]} kB and {after[1]} kB")
    assert len(daemon.lines("^reloaded .*: 1 kept, 2 retuned, 2 reopened, 1 added, 1 dropped$")) == RELOADS
    numbers = [int(number) for number in re.findall(r"^received .*: number (\d+)$", daemon.output(), re.M)]
    assert numbers == list(range(stream.sent))
    assert after[0] == before[0]
    assert after[1] <= before[1] + SLACK
