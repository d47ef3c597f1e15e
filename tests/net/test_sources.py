"""SOURCES: who is heard is asked of the network, and of the kernel; strangers do not even reach the handlers."""
import re
import signal
import socket
import struct

import pytest

from daemon import receiver
from family import IPV6, both
from interfaces import held
from lan import DEADLINE, eventually, packets
from stream import Stream, numbers

UNLIMITED = {"HANDLERS": "log, ack", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited", "LOG_RATE": "unlimited"}


def hearing(family, *numbers, **keys):
    """A receiver that hears the hosts of these numbers; without any, all."""
    sources = ", ".join(map(family.address, numbers)) or None
    return receiver(**{"MCAST_GROUP": family.group, "SOURCES": sources} | UNLIMITED | keys)


def sources_joined(host, family):
    """Of the group, as the kernel lists them: the addresses that are included, and how many exclude others."""
    path, included = ("/proc/net/mcfilter6" if family is IPV6 else "/proc/net/mcfilter"), set()
    for _, _, group, source, includes, excludes in map(str.split, host.read(path).splitlines()[1:]):
        if to_address(group, family) == family.group:
            # Who leaves and joins again at once may be counted twice by the kernel.
            assert int(includes, 16) >= 1 and int(excludes, 16) == 0
            included.add(to_address(source, family))
    return included


def to_address(text, family):
    return socket.inet_ntop(family.number, bytes.fromhex(text.removeprefix("0x")))


def addresses(family, *numbers):
    return {family.address(number) for number in numbers}


@both
def test_of_three_sources_only_the_one_that_is_allowed_is_heard(family, here, there, lan, mcastd):
    strangers = lan.host(), lan.host()
    daemon = mcastd(here, hearing(family, 2))
    witness = lan.host().member(family.group, 5001)
    for n in range(50):
        for host in strangers:
            family.send(b"stranger", host)
        if n < 20:
            there.ask(b"friend", family.group, 5001)
    # They were sent, and this host could have heard them as well.
    assert [witness.recv(64) for _ in range(120)].count(b"stranger") == 100
    there.ask(b"friend", family.group, 5001)
    counters = daemon.counters("mcserver")
    assert (counters["received"], counters["acked"], counters["dropped_source"]) == (21, 21, 0)
    assert len(daemon.lines("^received")) == len(daemon.lines(r"^received .*: friend$")) == 21


@pytest.mark.parametrize("group", ["232.1.1.1", "239.1.1.1", "ff05::1:1", "ff3e::8000:1"])
def test_it_works_with_any_group(group, here, there, lan, mcastd):
    stranger = lan.host()
    friends = "10.0.0.2, 10.0.0.9" if "." in group else "fd00::2, fd00::9"
    daemon = mcastd(here, receiver(MCAST_GROUP=group, SOURCES=friends, HANDLERS="ack"))
    stranger.send(b"stranger", group, 5001)
    there.ask(b"friend", group, 5001)
    assert daemon.counters("mcserver")["received"] == 1
    assert not daemon.lines("SOURCES")


@both
def test_the_network_is_asked_for_the_sources_and_no_others(family, lan, here, mcastd):
    # "From now on these sources as well", in IGMPv3 as in MLDv2.
    record = struct.pack("!BBH", 5, 0, 1) + b"".join(
        socket.inet_pton(family.number, address) for address in (family.group, family.address(2)))
    wire = packets(lan, "br0", family.ethertype)
    wire.settimeout(DEADLINE)
    mcastd(here, hearing(family, 2))
    while record not in wire.recv(65536):
        pass
    assert sources_joined(here, family) == addresses(family, 2)


@both
def test_a_reload_changes_whom_it_hears_and_keeps_the_socket(family, here, there, lan, mcastd):
    other, sources = lan.host(), [(2,), (2, 3), (3,), (), (3, 4), (), (2,)]
    daemon = mcastd(here, hearing(family, 2))
    before = here.socket_inode(family.group, 5001)
    for wanted in sources[1:]:
        assert "0 kept, 1 retuned, 0 reopened, 0 added, 0 dropped" in daemon.reload(hearing(family, *wanted))
        assert sources_joined(here, family) == addresses(family, *wanted)
        received = daemon.counters("mcserver")["received"]
        for number, host in (2, there), (3, other):
            if number in wanted or not wanted:
                host.ask(b"friend", family.group, 5001)
                received += 1
            else:
                family.send(b"stranger", host)
        assert daemon.counters("mcserver")["received"] == received
    assert here.socket_inode(family.group, 5001) == before
    assert family.joined(here) == 1
    assert not daemon.lines("^received .*: stranger$")


@both
def test_nothing_of_a_source_that_stays_is_lost_while_others_come_and_go(family, here, there, mcastd):
    daemon = mcastd(here, hearing(family, 2))
    with Stream(there, family.group, window=200) as stream:
        for n in range(100):
            # From a list to another one. Between a list and any source the kernel changes two words, not one: what it
            # looks at between them is lost.
            assert "1 retuned" in daemon.reload(hearing(family, *[(2, 3), (2, 3, 4), (2, 5), (2, 4), (2,)][n % 5]))
    assert numbers(daemon, stream.sent) == list(range(stream.sent))
    daemon.wait_for_counters("mcserver", received=stream.sent, acked=stream.sent, dropped_source=0)


@both
def test_another_member_on_the_host_that_hears_all_lets_no_stranger_in(family, here, there, lan, mcastd):
    stranger = lan.host()
    daemon = mcastd(here, hearing(family, 2, SHARE="any"))
    with here.member(family.group, 5001) as other:
        for _ in range(50):
            family.send(b"stranger", stranger)
            there.ask(b"friend", family.group, 5001)
        assert [other.recv(64) for _ in range(100)].count(b"stranger") == 50
    assert len(daemon.wait_for("^received", 50)) == len(daemon.lines(r"^received .*: friend$"))
    counters = daemon.counters("mcserver")
    assert counters["acked"] == 50
    assert counters["received"] - counters["dropped_source"] == 50


@both
def test_what_waits_of_a_source_that_is_removed_is_counted_told_once_and_otherwise_ignored(
        family, here, there, lan, mcastd):
    other = lan.host()
    daemon = mcastd(here, hearing(family, 2, 3))
    with held(daemon):
        for _ in range(30):
            family.send(b"stranger", other)
        daemon.configure(hearing(family, 2))
        daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for("^reloaded")
    there.ask(b"friend", family.group, 5001)
    counters = daemon.counters("mcserver")
    # Signals are looked at first.
    assert (counters["received"], counters["dropped_source"], counters["acked"]) == (31, 30, 1)
    assert len(daemon.lines("^received")) == 1
    source = re.escape(f"[{family.address(3)}]" if family is IPV6 else family.address(3))
    assert len(daemon.lines(rf"^dropping datagrams: source not in SOURCES \(first one from {source}:")) == 1


def test_more_sources_than_the_kernel_takes_is_told_with_the_option_and_the_sysctl(here, there, mcastd):
    here.write("/proc/sys/net/ipv4/igmp_max_msf", "3")
    daemon = mcastd(here, receiver("MCSERVER.good", MCAST_GROUP="239.1.1.2", HANDLERS="ack")
                    + receiver("MCSERVER.many", SOURCES="10.0.0.2, 10.0.0.7, 10.0.0.8, 10.0.0.9"))
    error, = daemon.wait_for(r"\[mcserver.many\]")
    line = 1 + daemon.file.read_text().splitlines().index("[MCSERVER.many]")
    assert error.startswith(f"{daemon.file}:{line}: [mcserver.many] SOURCES: cannot join 239.1.1.1 on eth0 "
                            "(more sources than sysctl net.ipv4.igmp_max_msf): ")
    daemon.wait_for_status(r"^1 joined, .* 1 failed, .*; \[mcserver.many\] failed: ")
    there.ask(b"question", "239.1.1.2", 5001)


def test_a_reload_with_more_sources_than_the_kernel_takes_is_refused_and_changes_nothing(here, there, lan, mcastd):
    here.write("/proc/sys/net/ipv4/igmp_max_msf", "3")
    stranger = lan.host()
    daemon = mcastd(here, receiver(SOURCES="10.0.0.2, 10.0.0.7", HANDLERS="ack"))
    before = here.socket_inode("239.1.1.1", 5001)
    said = daemon.reload(receiver(SOURCES="10.0.0.2, 10.0.0.3, 10.0.0.8, 10.0.0.9", HANDLERS="log"))
    assert "not reloaded" in said
    assert daemon.lines(r"\[mcserver\] SOURCES: .*sysctl net.ipv4.igmp_max_msf")
    assert here.socket_inode("239.1.1.1", 5001) == before
    stranger.send(b"stranger", "239.1.1.1", 5001)
    there.ask(b"friend", "239.1.1.1", 5001)
    assert daemon.counters("mcserver")["received"] == 1


@both
def test_it_joins_its_sources_again_when_the_interface_is_back(family, here, there, lan, mcastd):
    stranger = lan.host()
    daemon = mcastd(here, hearing(family, 2))
    here.ip("link set eth0 down")
    daemon.wait_for("^waiting to hear .*: eth0 is down$")
    here.ip("link set eth0 up", family.give(1))
    daemon.wait_for("^joined", 2)
    lan.wait_for_link(here, "eth0")
    eventually(lambda: sources_joined(here, family) == addresses(family, 2), "the sources to be joined again")
    family.send(b"stranger", stranger)
    there.ask(b"friend", family.group, 5001)
    assert not daemon.lines("^received .*: stranger$")


@both
def test_silence_is_no_reason_to_hear_others(family, here, there, lan, mcastd):
    """To leave and to join again is to join the same sources again."""
    stranger = lan.host()
    daemon = mcastd(here, hearing(family, 2, EXPECT_EVERY="100ms"))
    eventually(lambda: daemon.counters("mcserver")["rejoins"] >= 3, "three attempts")
    daemon.reload(hearing(family, 2, EXPECT_EVERY="1h"))
    assert sources_joined(here, family) == addresses(family, 2)
    assert family.joined(here) == 1
    family.send(b"stranger", stranger)
    there.ask(b"friend", family.group, 5001)
    assert daemon.counters("mcserver")["received"] == 1
