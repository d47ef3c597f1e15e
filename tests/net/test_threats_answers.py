"""Answers to strangers: of no use against a third one, and no reason for more answers."""
import os
import socket
import struct
import time

from background import Background
from daemon import receiver
from family import IPV6, both
from figures import report
from flood import Flood
from lan import eventually

PER_SECOND, BATCH = 10000, 100
SECONDS = 60 if os.environ.get("MCASTD_FULL") else 10
ACK_RATE, BURST, LEAK = 10, 20, 10
GROUP = "239.1.1.1", 5001


class Others(Background):
    """Twenty hosts, each of which asks once a second, and what they get."""

    COUNT = 20

    def __init__(self, host):
        super().__init__(self._ask)
        addresses = [f"10.0.0.{100 + number}" for number in range(self.COUNT)]
        host.ip(*(f"address add {address}/24 dev eth0" for address in addresses))
        self._socks = [host.udp(address) for address in addresses]
        self.asked = 0

    def _ask(self):
        self._socks[self.asked % self.COUNT].sendto(b"question", GROUP)
        self.asked += 1
        time.sleep(1 / self.COUNT)

    def answered(self):
        return sum(map(waiting, self._socks))


def waiting(sock):
    """How many datagrams wait on the socket."""
    count = 0
    sock.setblocking(False)
    try:
        while sock.recv(64) == b"ack":
            count += 1
    except BlockingIOError:
        return count


def test_whoever_names_a_victim_brings_it_few_acks_and_others_get_theirs(here, there, lan, mcastd):
    """MCASTD_FULL: for a minute."""
    victim, third, count = lan.host(), lan.host(), PER_SECOND * SECONDS
    daemon = mcastd(here, receiver(HANDLERS="ack", RECEIVE_BUFFER="1M") + "[DAEMON]\nLOG_LEVEL = notice\n")
    with victim.udp(victim.address, Flood.SOURCE_PORT) as hit, Others(third) as others, Flood(there, here) as flood:
        hit.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        took = flood.pour(socket.inet_aton(victim.address) * BATCH, count, PER_SECOND)
        hits = waiting(hit)
        counters = daemon.counters("mcserver")
        eventually(flood.is_read, "the last questions to be read")
    answered = others.answered()
    report(f"{count} datagrams in {took:.1f} s ({count / took:.0f}/s) that name one victim: {hits} acks to it, at most "
           f"{BURST + (ACK_RATE + LEAK) * took + 1:.0f} allowed; others: {answered} of {others.asked} answered")
    assert ACK_RATE * took / 2 <= hits <= BURST + (ACK_RATE + LEAK) * took + 1
    assert answered >= 0.95 * others.asked
    assert counters["acks_suppressed_rate"] == count - hits
    assert "dropped_kernel" not in counters


@both
def test_after_the_acks_of_two_daemons_there_is_silence(family, here, there, lan, mcastd):
    """What they say a second later is looked for, with MCASTD_FULL ten seconds later."""
    for host in here, there:
        mcastd(host, receiver(MCAST_GROUP=family.group, HANDLERS="ack"))
    asker = lan.host()
    wire = lan.sniff(family.ethertype)
    asker.ask(b"question", family.group, 5001, answers=2)
    # Not waiting for anything: that nothing comes is the claim.
    time.sleep(10 if os.environ.get("MCASTD_FULL") else 1)
    asker.send(b"end", "ff15::9:9" if family is IPV6 else "239.9.9.9", 9)
    payloads = [packet.payload for packet in wire.until(b"end")]
    assert payloads == [b"question", b"ack", b"ack"]


# --- many who answer at once ---

MANY, QUESTIONS, SPREAD, SLACK = 50, 20, 0.1, 0.02
SO_TIMESTAMPNS = 35


def times_of_answers(sock):
    """When the kernel had each of them, in seconds after the question."""
    asked = time.clock_gettime(time.CLOCK_REALTIME)
    sock.sendto(b"question", GROUP)
    times = []
    for _ in range(MANY):
        answer, told, _, source = sock.recvmsg(64, 64)
        assert answer == b"ack"
        seconds, nanoseconds = struct.unpack("qq", told[0][2])
        times.append((seconds + nanoseconds / 1e9 - asked, source[0]))
    assert len({source for _, source in times}) == MANY
    return sorted(time_after for time_after, _ in times)


def test_fifty_who_answer_at_once_spread_their_answers_and_none_is_lost(here, lan, mcastd):
    for _ in range(MANY):
        mcastd(lan.host(), receiver(HANDLERS="ack", ACK_SPREAD=f"{SPREAD * 1000:.0f}ms", ACK_RATE="unlimited")
               + "[DAEMON]\nLOG_LEVEL = notice\n")
    with here.udp() as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        rounds = [times_of_answers(sock) for _ in range(QUESTIONS)]
    spreads, latest = sorted(times[-1] - times[0] for times in rounds), sorted(times[-1] for times in rounds)
    report(f"{QUESTIONS} questions to {MANY} receivers, ACK_SPREAD {SPREAD * 1000:.0f} ms: all acks came, spread over at least "
           f"{spreads[0] * 1000:.0f} ms; the last one after {latest[0] * 1000:.0f} to {latest[-1] * 1000:.0f} ms")
    assert spreads[0] >= 0.04
    # Not of each question: the machine has other things to do.
    assert latest[QUESTIONS // 2] <= SPREAD + SLACK
