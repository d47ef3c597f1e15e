"""More than can be taken in, and more than can be put out: the rest of the daemon does not notice."""
import json
import os
import socket
import struct
import time

import pytest

from control import ask
from daemon import emitter, receiver
from figures import report
from flood import Flood, strangers
from interfaces import held
from lan import eventually
from test_clock import OFTEN, Both, assert_in_step, witness  # noqa: F401: a fixture

FULL = bool(os.environ.get("MCASTD_FULL"))
SECONDS, INTERVAL = 60 if FULL else 3, 0.05
SO_TIMESTAMPNS = 35
BEAT, ANSWERING = ("239.1.1.2", 5002), ("239.1.1.3", 5003)
UNLIMITED = {"ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited", "LOG_RATE": "none"}
QUIET = "[DAEMON]\nLOG_LEVEL = notice\n"


class Beats:
    """What comes to a group there, and when the kernel had it."""

    def __init__(self, host, group, port):
        self._sock = host.member(group, port)
        self._sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._sock.setblocking(False)
        self.payloads, self.times = [], []

    def read(self):
        try:
            while True:
                payload, told, _, _ = self._sock.recvmsg(2048, 64)
                self.payloads.append(payload)
                self.times.append(sum(part / unit for part, unit in zip(struct.unpack("qq", told[0][2]), (1, 1e9))))
        except BlockingIOError:
            return self

    def jitter(self):
        """How far the time between two is from the interval: of the worst but one percent, and of the worst."""
        off = sorted(abs(later - time - INTERVAL) for time, later in zip(self.times, self.times[1:]))
        return off[len(off) * 99 // 100], off[-1]


def in_ms(jitter):
    return f"{jitter[0] * 1000:.1f} ms (99 %), {jitter[1] * 1000:.1f} ms (all)"


# --- in ---

def kernel_drops(host, group, port):
    """As the kernel counts them at the socket."""
    local = "%s:%04X" % (socket.inet_aton(group)[::-1].hex().upper(), port)
    line, = [line for line in host.read("/proc/net/udp").splitlines() if f" {local} " in line]
    return int(line.split()[12])


def test_a_flood_beyond_what_can_be_taken_does_not_hold_up_messages_and_its_loss_is_counted(
        here, there, lan, witness, mcastd):  # noqa: F811
    """MCASTD_FULL: for a minute, and the jitter is judged."""
    third = lan.host()
    daemon = mcastd(here, receiver(RECEIVE_BUFFER="4K", HANDLERS="log, ack", **UNLIMITED)
                    + emitter(MCAST_GROUP=BEAT[0], PORT=BEAT[1], MESSAGE="{seq}", **OFTEN) + QUIET)
    with Flood(there, here) as flood:
        tested, bare = Beats(third, *BEAT), Beats(third, "239.1.1.1", 5009)
        both, began = Both(daemon, witness), time.monotonic()
        while both.passed()[1] < SECONDS / INTERVAL:
            for _ in range(100):
                flood.send(strangers(100))
        passed, took = both.passed(), time.monotonic() - began
        eventually(flood.is_read, "the last ones to be read")
        eventually(lambda: accounted(daemon) == flood.sent, lambda: f"{flood.sent}, not {accounted(daemon)}")
        dropped = daemon.counters("mcserver")["dropped_kernel"]
    numbers = [int(payload) for payload in tested.read().payloads]
    report(f"{flood.sent} datagrams in {took:.1f} s ({flood.sent / took:.0f}/s), {dropped} dropped by the kernel: "
           f"beats {passed[0]}, of a witness {passed[1]}; jitter {in_ms(tested.jitter())}, "
           f"of the witness {in_ms(bare.read().jitter())}; missed {daemon.counters('mcclient')['beats_missed']}, "
           f"of the witness {witness.counters('mcclient')['beats_missed']}")
    assert dropped == kernel_drops(here, "239.1.1.1", 5001) > 0
    assert_in_step(passed)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) and len(numbers) >= passed[0] * 0.9
    assert not FULL or tested.jitter()[0] <= bare.jitter()[0] + 0.1


def accounted(daemon):
    counters = daemon.counters("mcserver")
    return counters["received"] + counters["dropped_kernel"]


# --- out ---

SLOW = ["root", "tbf", "rate", "64kbit", "burst", "4kb", "limit"]
LONG = "x" * 400 + " {seq}"


def tc(host, *arguments):
    outcome = host.run("tc", *arguments)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def queue(host):
    """The bytes that wait there, and how many packets were dropped."""
    told, = json.loads(tc(host, "-s", "-j", "qdisc", "show", "dev", "eth0"))
    return told["backlog"], told["drops"]


def numbers_of(wire):
    return [int(payload.split()[1]) for payload in wire.read().payloads]


@pytest.fixture
def slow(here, there, second_lan, mcastd):
    """Emits five times as much on eth0 as that link takes; on eth1 it answers, and beats."""
    second_lan.plug(here, multicast_route=False)
    # Nobody else sends there.
    here.write("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", "1")
    return mcastd(here, emitter("MCCLIENT.slow", MESSAGE=LONG, INTERVAL="10ms")
                  + emitter(INTERFACE="eth1", MCAST_GROUP=BEAT[0], PORT=BEAT[1], MESSAGE="{seq}", **OFTEN)
                  + receiver(INTERFACE="eth1", MCAST_GROUP=ANSWERING[0], PORT=ANSWERING[1], HANDLERS="ack", **UNLIMITED)
                  + QUIET)


def assert_answers(daemon, host):
    for _ in range(20):
        assert host.ask(b"question", *ANSWERING)[0][0] == b"ack"
        assert ask(daemon, "status")["ok"]


def assert_goes_on(daemon, heard):
    """All that is sent from now on arrives, one after the other."""
    sent = daemon.counters("mcclient.slow")["sent"]
    while (number := int(heard.recv(2048).split()[1])) <= sent + 1:
        pass
    assert [int(heard.recv(2048).split()[1]) for _ in range(20)] == list(range(number + 1, number + 21))


def test_what_a_slow_link_drops_holds_up_nothing_and_the_daemon_is_not_told(
        slow, here, there, second_lan, witness):  # noqa: F811
    """The kernel has taken it: it counts as sent. Whoever hears it sees the gaps."""
    asker, wire = second_lan.host(), Beats(there, "239.1.1.1", 5001)
    eventually(lambda: wire.read().payloads, "the first one")
    tc(here, "qdisc", "add", "dev", "eth0", *SLOW, "8kb")
    both = Both(slow, witness)
    eventually(lambda: queue(here)[1] >= 50, "fifty to be dropped")
    assert_answers(slow, asker)
    both.wait_for(40)
    passed = both.passed()
    with held(slow):
        eventually(lambda: queue(here)[0] == 0, "the rest to get out")
        drops, arrived = queue(here)[1], numbers_of(wire)
        tc(here, "qdisc", "del", "dev", "eth0", "root")
    eventually(lambda: numbers_of(wire)[-1] > arrived[-1], "the next one")
    following = numbers_of(wire)[len(arrived)]
    report(f"{following - arrived[0]} messages to a link of 64 kbit/s: {len(arrived)} arrived, {drops} dropped there; "
           f"beats on another link {passed[0]}, of a witness {passed[1]}")
    assert_in_step(passed)
    assert following - arrived[0] == len(arrived) + drops
    assert slow.counters("mcclient.slow")["send_errors"] == 0
    assert_goes_on(slow, there.member("239.1.1.1", 5001))


def test_what_a_slow_link_makes_wait_fills_the_socket_and_is_then_counted_as_not_sent(
        slow, here, there, second_lan, witness):  # noqa: F811
    asker = second_lan.host()
    tc(here, "qdisc", "add", "dev", "eth0", *SLOW, "4mb")
    both = Both(slow, witness)
    eventually(lambda: slow.counters("mcclient.slow")["send_errors"] >= 50, "fifty to be refused")
    assert_answers(slow, asker)
    both.wait_for(40)
    passed, counters = both.passed(), slow.counters("mcclient.slow")
    backlog, drops = queue(here)
    tc(here, "qdisc", "del", "dev", "eth0", "root")
    assert_goes_on(slow, there.member("239.1.1.1", 5001))
    after = slow.counters("mcclient.slow")
    report(f"to a link of 64 kbit/s with a long queue: {counters['sent']} taken, {counters['send_errors']} refused, "
           f"{backlog} bytes wait, {drops} dropped; beats on another link {passed[0]}, of a witness {passed[1]}")
    assert_in_step(passed)
    assert drops == 0
    began = slow.lines("^cannot send to 239.1.1.1:5001: Resource temporarily unavailable .more than the interface can send.*$")
    # There is room for one now and then: that is told once.
    assert len(began) <= 2
    again = slow.wait_for("^sending to 239.1.1.1:5001 again; messages not sent: [0-9]+$", len(began))
    assert sum(int(line.split()[-1]) for line in again) == after["send_errors"]
