"""A daemon that has seen some datagrams of each kind asks for no memory for any that comes later."""
import contextlib
import tempfile

import pytest

from control import ask_all
from daemon import emitter, receiver
from figures import report
from journal import Journal
from lan import any_address, eventually
from memory import Memory
from runs import send_burst
from signing import Key, Speaker, forged, knowing

FREE = {"HANDLERS": "log, ack", "LOG_RATE": "unlimited", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}
KEY, PORT = Key(7), 5001
BURST, WARM, ROUNDS, BEATS = 40, 3, 10, 50
GROUPS = {
    "plain": ("239.1.1.1", FREE), "six": ("ff15::4d:1", FREE), "spread": ("239.1.1.2", FREE | {"ACK_SPREAD": "5ms"}),
    "permissive": ("239.1.1.3", FREE | {"AUTH": "permissive"}), "enforce": ("239.1.1.4", FREE | {"AUTH": "enforce"}),
    "limited": ("239.1.1.5", {"HANDLERS": "log, ack", "LOG_RATE": "1/s", "ACK_RATE": "1/s"}),
    "foreign": ("239.1.1.6", FREE | {"ALLOW": "10.9.9.9/32"})}
# So that no status is told meanwhile.
SELDOM = {"WATCHDOG_USEC": str(7200 * 10**6)}
BEATING = {"INTERVAL": "20ms", "EXPECT_ACKS": 1}


def config(folder):
    return knowing(folder, KEY) + "".join(
        receiver(f"MCSERVER.{name}", MCAST_GROUP=group, **keys) for name, (group, keys) in GROUPS.items())


def emitters(folder):
    """What they draw is acks."""
    return knowing(folder, KEY) + "".join([
        emitter("MCCLIENT.plain", MCAST_GROUP=GROUPS["plain"][0], MESSAGE="ATU {time} seq={seq}", **BEATING),
        emitter("MCCLIENT.signed", MCAST_GROUP=GROUPS["enforce"][0], KEY=KEY.id, AUTH="enforce", **BEATING)])


class Sender:
    """Some datagrams of each kind, in bursts and alone."""

    def __init__(self, host):
        self.socks = {family: host.udp(family) for family in ("", "::")}
        self._speakers = {name: Speaker(KEY, GROUPS[name][0]) for name in ("permissive", "enforce")}
        self._number = 0
        self.sent = dict.fromkeys(GROUPS, 0)

    def _send(self, name, payloads, answered=True):
        """What is answered is waited for, so that no queue overflows."""
        group, half = GROUPS[name][0], len(payloads) // 2
        sock = self.socks[any_address(group)]
        send_burst(sock, payloads[:half], (group, PORT))
        for payload in payloads[half:]:
            sock.sendto(payload, (group, PORT))
        for _ in payloads if answered else ():
            sock.recv(2048)
        self.sent[name] += len(payloads)

    def _numbered(self):
        self._number += BURST
        return [b"ATU 2026-11-21 02:16:11.123456 node=me seq=%06d boot=abc" % (self._number + i) for i in range(BURST)]

    def send_all_kinds(self):
        for name in "plain", "six", "spread", "permissive":
            self._send(name, self._numbered())
        for name, speaker in self._speakers.items():
            self._send(name, [speaker.sign(payload) for payload in self._numbered()])
        evil = forged(self._speakers["enforce"].sign(b"evil"))
        self._send("enforce", [b"plain"] * BURST + [evil] * BURST, answered=False)
        for name in "limited", "foreign":
            self._send(name, self._numbered(), answered=False)
        self._send("plain", [b"ack"] * 4 + [b"x" * 9217], answered=False)
        self._send("plain", [b"", b"\0" * 9000, b"", b"\n" * 1000])

    def close(self):
        for sock in self.socks.values():
            sock.close()


def has_all(daemon, sender):
    """Asks in another way than by counters(), which wants the console."""
    received = {section["name"]: section["counters"]["received"] for section in ask_all(daemon, "status", "sections")[0]}
    return all(received[f"mcserver.{name}"] >= sent for name, sent in sender.sent.items())


def acked(daemon):
    return min(daemon.counters(f"mcclient.{name}")["acks_received"] for name in ("plain", "signed"))


def statuses(daemon):
    """How often the service manager was told one so far: whenever a peer comes or goes, and for the watchdog."""
    daemon.wait_for_status("")
    return sum(notice.startswith("STATUS=") for notice in daemon.notices)


@pytest.mark.parametrize("log", ["console", "journal"])
def test_nothing_is_allocated_for_a_datagram(log, here, there, lan, folder, mcastd):
    memories = [Memory(tempfile.mkdtemp(dir=folder)) for _ in range(2)]
    journal = Journal(here, tempfile.mkdtemp(dir=folder)) if log == "journal" else None
    daemon = mcastd(here, config(folder), journal=journal, **SELDOM, **memories[0].environment)
    other = mcastd(there, emitters(folder), **SELDOM, **memories[1].environment)
    with contextlib.closing(Sender(lan.host())) as sender:
        def go_on(rounds, beats):
            enough = acked(other) + beats
            for _ in range(rounds):
                sender.send_all_kinds()
            eventually(lambda: acked(other) >= enough, "the messages to be acknowledged")

        def allocations():
            """None, where the service manager was told something, for which there are some."""
            told = [statuses(each) for each in (daemon, other)]
            before = [memory.calls for memory in memories]
            go_on(ROUNDS, BEATS)
            calls = [memory.calls - was for memory, was in zip(memories, before)]
            # By then it is told that something was allocated for.
            go_on(1, 1)
            return calls if told == [statuses(each) for each in (daemon, other)] else None

        go_on(WARM, BEATS // 10)
        calls, sent = eventually(allocations, "a while without a status"), sum(sender.sent.values())
        eventually(lambda: has_all(daemon, sender), "all to be received")
    report(f"{sent} datagrams of all kinds, log in the {log}: {calls[0]} allocations once it was warm; "
           f"messages sent and acknowledged: {calls[1]}")
    assert calls == [0, 0]
    if journal:
        journal.vanish()
