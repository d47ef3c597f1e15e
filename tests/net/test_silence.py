"""What becomes of a receiver that hears nothing, and what EXPECT_EVERY makes of it."""
import re
import socket
import struct
import time

import pytest

from background import Background
from daemon import emitter, receiver
from family import IPV4, IPV6, both
from lan import Sniffer, eventually
from signing import Key, Speaker, knowing

SILENT = "^nothing heard for .*, see EXPECT_EVERY; leaving and joining .* again"
HEARD_AGAIN = r"^heard again after [0-9]+\.[0-9] s of silence; left and joined meanwhile: ([0-9]+)$"
# Groups that no bridge keeps from anybody.
EVERY_NODE = {"IPv4": "224.0.0.1", "IPv6": "ff02::1%eth0"}


def make_forgetful(lan, family):
    """The bridge sends a group only where it was reported within the last second. It has heard somebody ask
    for reports, and so does not know that nobody asks any more."""
    lan.ip("link set br0 type bridge mcast_snooping 1 mcast_membership_interval 100")
    querier = lan.host()
    query(querier, family)
    eventually(lambda: re.search("^ *router ports on br0: *port", mdb(lan), re.M), "the bridge to hear the question")


def mdb(lan):
    return lan.run("bridge", "-d", "mdb", "show", "dev", "br0").stdout


def knows_members(lan, family):
    """The bridge has somebody to send the group to."""
    return f"grp {family.group} " in mdb(lan)


def query(host, family):
    """Asks every node which groups it hears, once: IGMPv3 or MLDv2. They answer within a moment."""
    with host.entered():
        if family is IPV6:
            sock = socket.socket(family.number, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            index = socket.if_nametoindex("eth0")
        else:
            sock = socket.socket(family.number, socket.SOCK_RAW, socket.IPPROTO_IGMP)
    with sock:
        if family is IPV6:
            router_alert = bytes([0, 0, 5, 2, 0, 0, 1, 0])
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, router_alert)
            sock.sendto(struct.pack("!BBHHH16sBBH", 130, 0, 0, 1, 0, b"", 2, 125, 0), ("ff02::1", 0, 0, index))
        else:
            parts = [0x1101, 0, 0, 0, 0x027D, 0]
            parts[1] = 0xFFFF - sum(parts)
            sock.sendto(struct.pack("!6H", *parts), ("224.0.0.1", 0))


class Stream(Background):
    """Datagrams all the time, as of a sender that nobody hears."""

    def __init__(self, family, host):
        super().__init__(self._send)
        self._sock, self._group, self.sent = family.sender(host), family.group, 0

    def _send(self):
        self._sock.sendto(b"beat", (self._group, 5001))
        self.sent += 1
        time.sleep(0.01)

    def __exit__(self, *raised):
        with self._sock:
            super().__exit__(*raised)


@both
def test_without_expect_every_it_stays_deaf_when_the_network_has_forgotten_it(family, lan, here, there, mcastd):
    make_forgetful(lan, family)
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group))
    eventually(lambda: knows_members(lan, family), "the bridge to be told")
    family.send(b"heard", there)
    daemon.wait_for("^received .*: heard$")

    def is_deaf():
        """Nothing arrives of a hundred. It may be that a report came late, and the bridge forgets once more."""
        eventually(lambda: not knows_members(lan, family), "the bridge to forget")
        arriving, before = Sniffer(here, "eth0", family.ethertype), daemon.counters("mcserver")
        for _ in range(100):
            family.send(b"unheard", there)
        there.send(b"end", EVERY_NODE[str(family)], 9)
        return arriving.until(b"end") == [] and daemon.counters("mcserver") == before
    eventually(is_deaf, "the network to send nothing any more")
    daemon.wait_for_status("^1 joined, ")


@both
def test_with_expect_every_it_comes_back_each_time_that_the_network_has_forgotten_it(
        family, lan, here, there, mcastd):
    make_forgetful(lan, family)
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, EXPECT_EVERY="300ms"))
    with Stream(family, there) as stream:
        daemon.wait_for(HEARD_AGAIN, 2)
    counters = daemon.counters("mcserver")
    assert counters["rejoins"] >= 2
    # Not all the time: there was silence, and the sender went on.
    assert 0 < counters["received"] < stream.sent


@both
def test_silence_and_its_end_are_told_once_and_stand_in_the_status(family, here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, EXPECT_EVERY="100ms"))
    assert daemon.wait_for("^nothing heard") == [
        f"nothing heard for 100ms, see EXPECT_EVERY; leaving and joining {family.endpoint} again"]
    daemon.wait_for_status(r"^0 joined, 0 emitting, 1 silent, .*; "
                           r"\[mcserver\] silent: nothing heard for 100ms, see EXPECT_EVERY$")
    eventually(lambda: daemon.counters("mcserver")["rejoins"] >= 4, "four attempts")
    assert len(daemon.lines("^nothing heard")) == 1
    daemon.reload(receiver(MCAST_GROUP=family.group, EXPECT_EVERY="1h"))
    before = daemon.counters("mcserver")["rejoins"]
    family.send(b"at last", there)
    line, = daemon.wait_for("^heard again")
    assert int(re.search(HEARD_AGAIN, line)[1]) == before
    daemon.wait_for_status("^1 joined, 0 emitting, (peers: .*)?[0-9.]+ datagrams/s$")
    daemon.wait_for_counters("mcserver", received=1, rejoins=before)


@both
def test_each_silence_is_told_anew(family, here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, EXPECT_EVERY="100ms"))
    for n in range(1, 4):
        daemon.wait_for(SILENT, n)
        eventually(lambda: daemon.counters("mcserver")["rejoins"] >= n, "an attempt")
        family.send(b"at last", there)
        daemon.wait_for(HEARD_AGAIN, n)
    told = [line.split()[0] for line in daemon.lines(f"{SILENT}|{HEARD_AGAIN}")]
    assert told[:6] == ["nothing", "heard"] * 3


@both
def test_to_leave_and_to_join_reaches_the_network(family, lan, here, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, EXPECT_EVERY="1h"))
    # A new member is told of twice, at most a second apart.
    reports = family.reports(lan, "br0")
    daemon.reload(receiver(MCAST_GROUP=family.group, EXPECT_EVERY="100ms"))
    daemon.wait_for(SILENT)
    for _ in range(4):
        next(reports)


@both
def test_where_another_program_is_a_member_it_says_that_the_network_is_told_nothing(family, here, mcastd):
    with here.member(family.group, 9):
        daemon = mcastd(here, receiver(MCAST_GROUP=family.group, EXPECT_EVERY="100ms"))
        assert daemon.wait_for("^nothing heard") == [
            f"nothing heard for 100ms, see EXPECT_EVERY; leaving and joining {family.endpoint} again tells the "
            "network nothing: another socket of this host is a member on eth0, too"]
    assert family.joined(here) == 1


@pytest.mark.parametrize("group", ["239.1.1.1", "ff15::1", "ff02::1:1"])
def test_what_its_own_host_sends_is_handled_but_is_no_end_of_silence(group, here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=group, EXPECT_EVERY="100ms")
                    + emitter(MCAST_GROUP=group, INTERVAL="10ms"))
    daemon.wait_for(SILENT)
    received = daemon.counters("mcserver")["received"]
    eventually(lambda: daemon.counters("mcserver")["received"] > received + 10, "its own messages")
    assert not daemon.lines(HEARD_AGAIN)
    there.send(b"another's", f"{group}%eth0" if group.startswith("ff02") else group, 5001)
    daemon.wait_for(HEARD_AGAIN)


@pytest.mark.parametrize("group", ["239.1.1.1", "ff15::1"])
def test_on_the_loopback_interface_its_own_host_is_all_that_there_is_to_hear(group, here, mcastd):
    # IPv6 does nothing without a route, and of itself the kernel makes none by this interface.
    here.ip("route add local ff00::/8 dev lo table local")
    expects = {"MCAST_GROUP": group, "EXPECT_EVERY": "500ms"}
    daemon = mcastd(here, receiver("MCSERVER.near", INTERFACE="lo", **expects) + receiver("MCSERVER.far", **expects)
                    + emitter(MCAST_GROUP=group, INTERFACE="lo", INTERVAL="10ms"))
    eventually(lambda: daemon.counters("mcserver.far")["rejoins"] >= 2, "the other to be silent for long")
    daemon.wait_for_status(r"^1 joined, 1 emitting, 1 silent, .*; \[mcserver.far\] silent: ")


# --- what comes is refused ---

KEY = Key(7)
REFUSING = "nothing let in for {}, see EXPECT_EVERY: what comes is refused for its signature, see AUTH"


def enforcing(folder, family=IPV4, **options):
    return knowing(folder, KEY) + receiver(MCAST_GROUP=family.group, **({"AUTH": "enforce"} | options))


@both
def test_that_what_comes_is_refused_is_told_in_place_of_that_nothing_is_heard(family, here, there, folder, mcastd):
    unsigned = mcastd(there, emitter(MCAST_GROUP=family.group, INTERVAL="20ms"))
    daemon = mcastd(here, enforcing(folder, family, EXPECT_EVERY="1s"))
    assert daemon.wait_for("^nothing ") == [f"{REFUSING.format('1s')}; leaving and joining {family.endpoint} again"]
    daemon.wait_for_status(rf"^0 joined, 0 emitting, 1 silent, .*; \[mcserver\] silent: {REFUSING.format('1s')}$")
    unsigned.stop()
    family.send(Speaker(KEY, family.group).sign(b"at last"), there)
    daemon.wait_for(HEARD_AGAIN)
    # From then on there is nothing, and no longer something that is refused.
    daemon.wait_for(SILENT)
    daemon.wait_for_status(" silent: nothing heard for 1s, see EXPECT_EVERY$")


def test_that_something_comes_and_is_refused_is_told_also_later_in_a_silence(here, there, folder, mcastd):
    daemon = mcastd(here, enforcing(folder, EXPECT_EVERY="1s"))
    daemon.wait_for(SILENT)
    mcastd(there, emitter(INTERVAL="20ms"))
    daemon.wait_for(f"^{REFUSING.format('1s')}$")
    daemon.wait_for_status(f" silent: {REFUSING.format('1s')}$")


def test_that_the_network_brings_something_twice_is_not_told_as_that_it_is_refused(here, there, folder, mcastd):
    daemon = mcastd(here, enforcing(folder, EXPECT_EVERY="300ms"))
    twice = Speaker(KEY).sign(b"twice")
    for copies in range(2):
        there.send(twice, "239.1.1.1", 5001)
        daemon.wait_for_counters("mcserver", auth_ok=1, dropped_replay=copies)
    daemon.wait_for(SILENT)
    assert not daemon.lines("^nothing let in")


def test_what_was_refused_before_it_need_not_be_signed_is_not_told(here, there, folder, mcastd):
    daemon = mcastd(here, enforcing(folder, EXPECT_EVERY="1h"))
    there.send(b"not signed", "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", dropped_plain=1)
    daemon.reload(enforcing(folder, AUTH="off", EXPECT_EVERY="100ms"))
    daemon.wait_for(SILENT)
    assert not daemon.lines("^nothing let in")


def test_that_what_its_own_host_sends_is_refused_is_not_told_as_that_something_came(here, folder, mcastd):
    daemon = mcastd(here, enforcing(folder, EXPECT_EVERY="100ms") + emitter(INTERVAL="10ms"))
    eventually(lambda: daemon.counters("mcserver")["dropped_plain"] > 3, "its own messages")
    daemon.wait_for(SILENT)
    assert not daemon.lines("^nothing let in")


# --- a reload ---

@both
def test_expect_every_is_added_and_removed_while_the_socket_stays(family, here, mcastd):
    def expecting(time):
        return receiver(MCAST_GROUP=family.group, EXPECT_EVERY=time)
    daemon = mcastd(here, expecting("off"))
    before = here.socket_inode(family.group, 5001)
    assert "0 kept, 1 retuned, 0 reopened," in daemon.reload(expecting("100ms"))
    daemon.wait_for_status("^0 joined, 0 emitting, 1 silent, ")
    eventually(lambda: daemon.counters("mcserver")["rejoins"] >= 2, "two attempts")
    assert "0 kept, 1 retuned, 0 reopened," in daemon.reload(expecting("off"))
    rejoins = daemon.counters("mcserver")["rejoins"]
    daemon.wait_for_status("^1 joined, 0 emitting, (peers: .*)?[0-9.]+ datagrams/s$")
    assert daemon.counters("mcserver")["rejoins"] == rejoins
    assert not daemon.lines(HEARD_AGAIN)
    assert here.socket_inode(family.group, 5001) == before
    assert family.joined(here) == 1
