"""What a receiver hears, and what it must not hear."""
import re

import pytest

from daemon import receiver
from family import IPV6, both
from interfaces import held
from lan import eventually


def test_two_groups_on_one_port_do_not_hear_each_other(here, there, mcastd):
    daemon = mcastd(here, receiver("MCSERVER.one", HANDLERS="ack", ACK_RATE="unlimited")
                    + receiver("MCSERVER.two", HANDLERS="ack", ACK_RATE="unlimited", MCAST_GROUP="239.1.1.2"))
    # Another program of this host has joined a third group, so that its datagrams come in as well.
    with here.member("239.1.1.3", 5001):
        for group, count in ("239.1.1.1", 30), ("239.1.1.2", 20), ("239.1.1.3", 10):
            for _ in range(count):
                there.send(b"", group, 5001)
        there.ask(b"end", "239.1.1.1", 5001)
        there.ask(b"end", "239.1.1.2", 5001)
    daemon.wait_for_counters("mcserver.one", received=31)
    daemon.wait_for_counters("mcserver.two", received=21)


def test_one_group_on_two_links_is_two_groups(here, there, second_lan, mcastd):
    second_lan.plug(here, multicast_route=False)
    beyond = second_lan.host()
    daemon = mcastd(here, receiver("MCSERVER.first", HANDLERS="ack", ACK_RATE="unlimited")
                    + receiver("MCSERVER.second", HANDLERS="ack", ACK_RATE="unlimited", INTERFACE="eth1"))
    for host, payload in (there, b"1"), (beyond, b"333"):
        for _ in range(30):
            host.send(payload, "239.1.1.1", 5001)
    assert there.ask(b"end", "239.1.1.1", 5001) == [(b"ack", ("10.0.0.1", 5001))]
    assert beyond.ask(b"end", "239.1.1.1", 5001) == [(b"ack", ("10.0.1.1", 5001))]
    daemon.wait_for_counters("mcserver.first", received=31, received_bytes=33)
    daemon.wait_for_counters("mcserver.second", received=31, received_bytes=93)


@both
def test_unicast_to_the_port_is_neither_handled_nor_acked(family, here, there, lan, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, HANDLERS="log, ack"))
    wire = lan.sniff(family.ethertype)
    there.send(b"unicast", family.address(1), 5001)
    there.ask(b"multicast", family.group, 5001)
    there.send(b"end", "ff15::9:9" if family is IPV6 else "239.9.9.9", 9)
    assert [packet.payload for packet in wire.until(b"end")] == [b"unicast", b"multicast", b"ack"]
    assert [line.split(": ")[1] for line in daemon.wait_for("^received")] == ["multicast"]


@both
@pytest.mark.parametrize("size", [0, 1, 9216])
def test_a_datagram_of_any_size_up_to_the_limit_is_handled(size, family, here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, HANDLERS="log, ack"))
    there.ask(b"x" * size, family.group, 5001)
    assert daemon.wait_for(f"^received {size} byte")
    daemon.wait_for_counters("mcserver", received=1, received_bytes=size, acked=1)


def test_datagrams_over_the_limit_are_counted_told_once_and_otherwise_ignored(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack"))
    for size in 9217, 65507:
        there.send(b"x" * size, "239.1.1.1", 5001)
    assert there.ask(b"end", "239.1.1.1", 5001) == [(b"ack", (here.address, 5001))]
    daemon.wait_for_counters("mcserver", dropped_truncated=2, acked=1)
    assert len(daemon.wait_for("dropping datagrams: .*first one from 10.0.0.2:")) == 1
    assert len(daemon.lines("^received")) == 1


def test_a_source_that_is_not_allowed_is_counted_told_once_and_otherwise_ignored(here, there, lan, mcastd):
    stranger = lan.host()
    daemon = mcastd(here, receiver(HANDLERS="log, ack", ALLOW="10.0.0.2/32, 192.168.0.0/16"))
    for _ in range(3):
        stranger.send(b"stranger", "239.1.1.1", 5001)
    assert there.ask(b"friend", "239.1.1.1", 5001) == [(b"ack", (here.address, 5001))]
    daemon.wait_for_counters("mcserver", dropped_foreign=3, acked=1)
    assert len(daemon.wait_for(f"dropping datagrams: .*first one from {stranger.address}:")) == 1
    assert not daemon.lines("^received.*stranger")


def test_what_log_level_leaves_out_is_neither_recorded_nor_suppressed(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack", LOG_RATE="1/s", ACK_RATE="unlimited")
                    + "[DAEMON]\nLOG_LEVEL = notice\n")
    for _ in range(5):
        there.ask(b"x", "239.1.1.1", 5001)
    counters = daemon.counters("mcserver")
    assert (counters["acked"], counters["recorded"], counters["unrecorded"]) == (5, 0, 0)
    assert not daemon.lines("not recorded")


def test_what_is_beyond_log_rate_is_counted_not_logged_and_told_in_the_end(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack", LOG_RATE="1/s", ACK_RATE="unlimited"))
    for _ in range(30):
        there.ask(b"x", "239.1.1.1", 5001)
    counters = daemon.counters("mcserver")
    assert counters["unrecorded"] > 0
    assert counters["recorded"] + counters["unrecorded"] == 30
    daemon.stop()
    assert len(daemon.lines("^received")) == counters["recorded"]
    told = [int(re.search("[0-9]+", line)[0]) for line in daemon.lines("not recorded")]
    assert sum(told) == counters["unrecorded"]


def test_what_the_kernel_drops_is_counted_to_the_last_and_told_once(here, there, mcastd):
    """What is dropped behind the last datagram that fits no datagram can tell of."""
    daemon = mcastd(here, receiver(RECEIVE_BUFFER="4K"))
    with held(daemon):
        for _ in range(100):
            there.send(b"x", "239.1.1.1", 5001)
    eventually(lambda: sum(daemon.counters("mcserver")[name] for name in ("received", "dropped_kernel")) == 100,
               "all to be counted")
    dropped = daemon.counters("mcserver")["dropped_kernel"]
    assert dropped > 0
    assert daemon.stop() == 0
    assert len(daemon.lines("^the kernel drops datagrams")) == 1
    assert len(daemon.lines(f"^datagrams dropped by the kernel: {dropped} in all$")) == 1
