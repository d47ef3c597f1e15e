"""ACK_SPREAD: acks wait for a time that is drawn for each, so that many nodes do not answer at once."""
import contextlib
import socket

from daemon import emitter, receiver
from family import IPV4, IPV6, both
from lan import any_address, eventually

UNLIMITED = {"HANDLERS": "ack", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}
MOST_WAITING = 4096


@contextlib.contextmanager
def askers(host, family, count):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(host.udp(any_address(family.group))) for _ in range(count)]


def ask_all(socks, family):
    for sock in socks:
        sock.sendto(b"question", (family.group, 5001))


def is_read(host, address, port):
    """Nothing waits on the socket that is bound there."""
    local = "%s:%04X" % (socket.inet_aton(address)[::-1].hex().upper(), port)
    line, = [line for line in host.read("/proc/net/udp").splitlines() if f" {local} " in line]
    return line.split()[4].endswith(":00000000")


def waiting(sock):
    """How many datagrams wait on the socket."""
    count = 0
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while sock.recv(64) == b"ack":
            count += 1
    return count


@both
def test_each_question_gets_one_ack_and_not_in_the_order_of_the_questions(family, here, there, lan, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, ACK_SPREAD="200ms", **UNLIMITED))
    wire = lan.sniff(family.ethertype)
    with askers(there, family, 64) as socks:
        ask_all(socks, family)
        assert [sock.recv(64) for sock in socks] == [b"ack"] * 64
        asked_by = [sock.getsockname()[1] for sock in socks]
        there.send(b"end", "ff15::9:9" if family is IPV6 else "239.9.9.9", 9)
        acked_to = [packet.port for packet in wire.until(b"end") if packet.payload == b"ack"]
    assert sorted(acked_to) == sorted(asked_by)
    # One of 64! orders, which is more than there are atoms.
    assert acked_to != asked_by
    daemon.wait_for_counters("mcserver", received=64, acked=64)


@both
def test_what_waits_is_sent_when_the_daemon_stops(family, here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, ACK_SPREAD="10s", **UNLIMITED))
    with askers(there, family, 64) as socks:
        ask_all(socks, family)
        daemon.wait_for_counters("mcserver", received=64)
        assert daemon.stop() == 0
        assert [waiting(sock) for sock in socks] == [1] * 64


@both
def test_what_waits_is_sent_when_its_section_is_dropped(family, here, there, mcastd):
    kept = receiver("MCSERVER.kept", PORT=5002)
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, ACK_SPREAD="10s", **UNLIMITED) + kept)
    with askers(there, family, 64) as socks:
        ask_all(socks, family)
        daemon.wait_for_counters("mcserver", received=64)
        assert "1 dropped" in daemon.reload(kept)
        assert [waiting(sock) for sock in socks] == [1] * 64


@both
def test_an_ack_that_waits_is_told_when_it_is_sent(family, here, there, mcastd):
    options = {"MCAST_GROUP": family.group, "ACK_SPREAD": "10s", **UNLIMITED, "HANDLERS": "log, ack"}
    daemon = mcastd(here, receiver(**options) + emitter(PORT=5002, INTERVAL="50ms"))
    with askers(there, family, 64) as socks:
        ask_all(socks, family)
        assert len(daemon.wait_for("^received", 64)) == 64
        # By then acks that do not wait are told.
        daemon.wait_for("^sent", len(daemon.lines("^sent")) + 5)
        daemon.stop()
        told = daemon.lines("^received|^acknowledged|^stopping")
        assert sorted(line.rsplit(":", 1)[1] for line in told if line.startswith("acknowledged")) == sorted(
            str(sock.getsockname()[1]) for sock in socks)
    # Not before, and not all when the questions came.
    assert told[-1].startswith("acknowledged")


def test_an_ack_that_waits_says_what_was_to_be_said(here, there, mcastd):
    """Be that the old text or the new one."""
    first, second = "a text of some length", "short"
    options = {"ACK_SPREAD": "10s", **UNLIMITED}
    daemon = mcastd(here, receiver(ACK_TEXT=first, **options))
    with there.udp() as sock:
        for _ in range(16):
            sock.sendto(b"question", ("239.1.1.1", 5001))
        daemon.wait_for_counters("mcserver", received=16)
        assert "1 retuned" in daemon.reload(receiver(ACK_TEXT=second, **options))
        daemon.stop()
        assert {sock.recv(64) for _ in range(16)} <= {first.encode(), second.encode()}


def test_what_is_too_much_to_wait_is_counted_told_once_and_not_answered(here, there, mcastd):
    daemon = mcastd(here, receiver(ACK_SPREAD="10s", **UNLIMITED) + "[DAEMON]\nLOG_LEVEL = notice\n")
    asked = 0
    with askers(there, IPV4, 100) as socks:
        while not daemon.lines("^not acknowledging all"):
            # A kernel that gives no more than it usually does has room for so many.
            ask_all(socks, IPV4)
            asked += len(socks)
            assert asked < 10 * MOST_WAITING
            eventually(lambda: is_read(here, "239.1.1.1", 5001), "the questions to be read")
        daemon.wait_for_counters("mcserver", received=asked)
        too_many = daemon.counters("mcserver")["acks_suppressed_spread"]
        daemon.stop()
        assert sum(map(waiting, socks)) == asked - too_many >= MOST_WAITING
    assert too_many > 0
    assert len(daemon.lines("^not acknowledging all: .*more than 4096; first one to 10.0.0.2:")) == 1
