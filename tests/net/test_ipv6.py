"""What is different in IPv6: addresses that mean something only together with a link, and how they are written."""
import re

import pytest

from daemon import built, emitter, receiver
from lan import ETH_P_IPV6, eventually

GROUP, ON_LINK = "ff15::1", "ff02::1:1"
OFTEN = {"INTERVAL": "50ms"}
UNLIMITED = {"HANDLERS": "log, ack", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited", "LOG_RATE": "unlimited"}
TWIN = "fe80::7"


def link_local(host, device="eth0"):
    """The address that the host has given itself there."""
    listed = host.run("ip", "-6", "-brief", "address", "show", "dev", device, "scope", "link").stdout
    return re.search("fe80::[0-9a-f:]+", listed)[0]


def become(host, address, device="eth0"):
    """From now on this is the host's only address of the link's scope there."""
    assert host.run("ip", "-6", "address", "flush", "dev", device, "scope", "link").returncode == 0
    host.ip(f"address add {address}/64 dev {device} nodad")


def ask(host, source, payload, group=GROUP, port=0):
    """From that address: the answer, and the address and port that it comes from."""
    with host.udp(source, port) as sock, host.entered():
        sock.sendto(payload, (group, 5001, 0, sock.getsockname()[3]))
        answer, (address, port, *_) = sock.recvfrom(64)
        return answer, address, port


def end_of(wire, host):
    """The packets until now."""
    host.send(b"end", "ff15::9:9", 9)
    return wire.until(b"end")


@pytest.fixture
def beyond(here, there, second_lan):
    """A host on the second lan, into which here's eth1 is plugged; it is fd00:0:0:1::2."""
    second_lan.plug(here, multicast_route=False)
    return second_lan.host()


def test_a_datagram_is_recorded_and_answered_from_the_groups_port(here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=GROUP, HANDLERS="log, ack"))
    with there.udp("::", 7777) as sock:
        sock.sendto(b"question", (GROUP, 5001))
        assert sock.recvfrom(64)[:2] == (b"ack", (here.address6, 5001, 0, 0))
    assert daemon.wait_for("^(received|acknowledged)", 2) == [
        f"received 8 bytes from [{there.address6}]:7777: question",
        f"acknowledged [{there.address6}]:7777"]
    assert daemon.lines(r"^joined \[ff15::1\]:5001 on eth0$")


def test_a_source_of_the_links_scope_is_written_with_its_interface(here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=GROUP, HANDLERS="log, ack"))
    ask(there, f"{link_local(there)}%eth0", b"question", port=7777)
    peer = f"[{link_local(there)}%eth0]:7777"
    assert daemon.wait_for("^(received|acknowledged)", 2) == [
        f"received 8 bytes from {peer}: question", f"acknowledged {peer}"]


def test_a_source_of_the_links_scope_is_answered_on_its_link_and_from_an_address_of_it(here, beyond, lan, mcastd):
    mcastd(here, receiver(MCAST_GROUP=GROUP, HANDLERS="ack", INTERFACE="eth1"))
    wire = lan.sniff(ETH_P_IPV6)
    answer = ask(beyond, f"{link_local(beyond)}%eth0", b"question")
    assert answer == (b"ack", link_local(here, "eth1"), 5001)
    assert end_of(wire, here) == []


def test_an_ack_leaves_by_the_interface_of_the_question_though_the_route_points_elsewhere(
        here, there, beyond, lan, mcastd):
    """The asker is on the wrong lan, as far as the routes know."""
    stray = "fd00::77"
    beyond.ip(f"address add {stray}/64 dev eth0 nodad")
    here.ip("route add fd00::/64 dev eth1 metric 4096")
    mcastd(here, receiver(MCAST_GROUP=GROUP, HANDLERS="ack", INTERFACE="eth1"))
    assert f"{stray} from :: dev eth0" in here.run("ip", "route", "get", stray).stdout
    wire = lan.sniff(ETH_P_IPV6)
    assert ask(beyond, stray, b"question")[0] == b"ack"
    assert end_of(wire, there) == []


@pytest.mark.parametrize("options, ttl, tos", [({}, 1, 0), ({"TTL": 7, "DSCP": 46}, 7, 46 << 2)])
def test_hop_limit_traffic_class_and_source_are_on_the_wire(options, ttl, tos, here, lan, mcastd):
    wire = lan.sniff(ETH_P_IPV6)
    mcastd(here, emitter(MCAST_GROUP=GROUP, MESSAGE="marked", **options))
    packet = wire.next()
    assert (packet.payload, packet.destination, packet.port) == (b"marked", GROUP, 5001)
    assert (packet.source, packet.ttl, packet.tos) == (here.address6, ttl, tos)


# One of them is not what the kernel would choose.
@pytest.mark.parametrize("address", ["fd00:0:0:1::1", "fd00:0:0:1::9"])
def test_an_emitters_ip_address_is_its_interface_and_its_source(address, here, beyond, lan, mcastd):
    here.ip("address add fd00:0:0:1::9/64 dev eth1 nodad")
    wire, heard = lan.sniff(ETH_P_IPV6), beyond.member(GROUP, 5001)
    mcastd(here, emitter(MCAST_GROUP=GROUP, INTERFACE=None, IP_ADDRESS=address, **OFTEN))
    for _ in range(3):
        assert heard.recvfrom(64)[1][0] == address
    assert end_of(wire, here) == []


def test_a_receivers_ip_address_is_its_interface(here, there, beyond, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=GROUP, HANDLERS="ack", INTERFACE=None, IP_ADDRESS="fd00:0:0:1::1"))
    there.send(b"wrong lan", GROUP, 5001)
    assert beyond.ask(b"question", GROUP, 5001) == [(b"ack", ("fd00:0:0:1::1", 5001))]
    assert daemon.counters("mcserver")["received"] == 1


def test_a_group_of_the_links_scope_is_heard_and_answered_on_the_interface_named(here, there, beyond, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=ON_LINK, HANDLERS="log, ack", INTERFACE="eth1"))
    there.send(b"wrong lan", f"{ON_LINK}%eth0", 5001)
    answers = beyond.ask(b"question", f"{ON_LINK}%eth0", 5001)
    assert answers == [(b"ack", (link_local(here, "eth1"), 5001))]
    line, = daemon.wait_for("^received")
    assert line.startswith(f"received 8 bytes from [{link_local(beyond)}%eth1]:")
    assert daemon.counters("mcserver")["received"] == 1


def test_a_group_of_the_links_scope_is_sent_to_on_the_interface_named(here, beyond, lan, mcastd):
    wire, heard = lan.sniff(ETH_P_IPV6), beyond.member(ON_LINK, 5001)
    mcastd(here, emitter(MCAST_GROUP=ON_LINK, INTERFACE="eth1", MESSAGE="beat", **OFTEN))
    message, (source, *_) = heard.recvfrom(64)
    assert (message, source) == (b"beat", link_local(here, "eth1"))
    assert end_of(wire, here) == []


def test_a_source_that_is_not_in_an_allowed_network_is_counted_told_once_and_otherwise_ignored(
        here, there, lan, mcastd):
    neighbour, stranger = lan.host(), lan.host()
    daemon = mcastd(here, receiver(MCAST_GROUP=GROUP, HANDLERS="log, ack", ALLOW="fd00::2/127, fe80::/10"))
    for _ in range(3):
        stranger.send(b"stranger", GROUP, 5001)
    for host in there, neighbour:
        assert host.ask(b"friend", GROUP, 5001) == [(b"ack", (here.address6, 5001))]
    assert ask(stranger, f"{link_local(stranger)}%eth0", b"friend")[0] == b"ack"
    counters = daemon.counters("mcserver")
    assert (counters["received"], counters["dropped_foreign"], counters["acked"]) == (6, 3, 3)
    assert len(daemon.lines(r"^dropping datagrams: .*first one from \[fd00::4\]:")) == 1
    assert len(daemon.lines("^received.*: friend$")) == len(daemon.lines("^received")) == 3


@pytest.mark.parametrize("group", [GROUP, ON_LINK])
def test_an_emitter_counts_each_node_that_acknowledges_its_message(group, here, there, lan, mcastd):
    mcastd(there, receiver(MCAST_GROUP=group, HANDLERS="ack"))
    mcastd(lan.host(), receiver(MCAST_GROUP=group, HANDLERS="ack"))
    # With the default interval even a busy machine acks in time.
    daemon = mcastd(here, emitter(MCAST_GROUP=group, EXPECT_ACKS=2))
    daemon.wait_for("^acks for message [0-9]+: 2, first after")
    assert daemon.counters("mcclient")["acks_duplicate"] == 0


@pytest.mark.parametrize("group, target, address", [
    ("ff15::1", "[ff15::1]:5001", r"\[fd00::2\]"),
    ("ff02::1", "[ff02::1%eth0]:5001", r"\[fe80::[0-9a-f:]+%eth0\]"),
])
def test_mcastctl_ping_tells_who_answers(group, target, address, here, there, mcastd):
    mcastd(there, receiver(MCAST_GROUP=group, HANDLERS="ack"))
    outcome = here.run(built("mcastctl"), "ping", target, "--timeout", "1s")
    assert outcome.returncode == 0
    assert re.search(f'^received "ack" from {address}:5001 after', outcome.stdout, re.M)
    assert "nodes: 1, acks: 1," in outcome.stdout


def test_ones_own_address_on_another_link_is_somebody_else(here, there, beyond, mcastd):
    """By the group's port, from which receivers answer: only of this host's own is it known that it is one."""
    become(here, "fe80::1")
    become(beyond, "fe80::1")
    daemon = mcastd(here, receiver("MCSERVER.near", MCAST_GROUP=GROUP, HANDLERS="ack")
                    + receiver("MCSERVER.far", MCAST_GROUP=GROUP, HANDLERS="ack", INTERFACE="eth1"))
    assert ask(beyond, "fe80::1%eth0", b"question", port=5001)[0] == b"ack"
    with here.udp("fe80::1%eth0", 5001) as own:
        own.sendto(b"question", (GROUP, 5001))
    daemon.wait_for_counters("mcserver.near", received=1, acks_suppressed_self=1)
    daemon.wait_for_counters("mcserver.far", received=1, acked=1)


class TestTheSameAddressOnTwoLinks:
    """Is that of two hosts, of which nobody but the link knows which one is meant."""

    @pytest.fixture
    def left(self, there):
        become(there, TWIN)
        return there

    @pytest.fixture
    def right(self, beyond):
        become(beyond, TWIN)
        return beyond

    @staticmethod
    def sections(**keys):
        return (receiver("MCSERVER.left", MCAST_GROUP=GROUP, ACK_TEXT="left", **keys)
                + receiver("MCSERVER.right", MCAST_GROUP=GROUP, ACK_TEXT="right", INTERFACE="eth1", **keys))

    def test_is_answered_on_its_own_link(self, here, left, right, lan, second_lan, mcastd):
        daemon = mcastd(here, self.sections(**UNLIMITED))
        wires = lan.sniff(ETH_P_IPV6), second_lan.sniff(ETH_P_IPV6)
        with left.udp(f"{TWIN}%eth0", 7777) as on_left, right.udp(f"{TWIN}%eth0", 7777) as on_right:
            for n in range(50):
                for sock in (on_left, on_right) if n < 30 else (on_right,):
                    sock.sendto(b"question", (GROUP, 5001))
            assert {on_left.recv(64) for _ in range(30)} == {b"left"}
            assert {on_right.recv(64) for _ in range(50)} == {b"right"}
        # Those that go to one address may pass here as one long packet, before a device cuts it.
        acks = [b"".join(packet.payload for packet in end_of(wire, host) if packet.source_port == 5001)
                for wire, host in zip(wires, (left, right))]
        assert acks == [b"left" * 30, b"right" * 50]
        daemon.wait_for_counters("mcserver.left", received=30, acked=30)
        daemon.wait_for_counters("mcserver.right", received=50, acked=50)
        assert len(daemon.wait_for(rf"^received .* \[{TWIN}%eth0\]:7777: ", 30)) == 30
        assert len(daemon.wait_for(rf"^received .* \[{TWIN}%eth1\]:7777: ", 50)) == 50

    def test_has_an_ack_rate_of_each(self, here, left, right, mcastd):
        daemon = mcastd(here, self.sections(HANDLERS="ack", ACK_RATE="1/s"))
        with left.udp(f"{TWIN}%eth0") as sock:
            for _ in range(100):
                sock.sendto(b"flood", (GROUP, 5001))
        eventually(lambda: daemon.counters("mcserver.left")["received"] == 100, "the flood")
        assert daemon.counters("mcserver.left")["acks_suppressed_rate"] > 0
        assert ask(right, f"{TWIN}%eth0", b"question")[0] == b"right"
        counters = daemon.counters("mcserver.right")
        assert (counters["acked"], counters["acks_suppressed_rate"]) == (1, 0)

    def test_counts_twice_where_both_acknowledge(self, here, left, right, mcastd):
        for host in left, right:
            mcastd(host, receiver(MCAST_GROUP=ON_LINK, HANDLERS="ack"))
        daemon = mcastd(here, "".join(
            emitter(f"MCCLIENT.{device}", MCAST_GROUP=ON_LINK, INTERFACE=device, INTERVAL="1h")
            for device in ("eth0", "eth1")) + "[DAEMON]\nLOG_LEVEL = debug\n")
        assert sorted(daemon.wait_for("^ack from", 2)) == [
            f"ack from [{TWIN}%{device}]:5001 for message 1" for device in ("eth0", "eth1")]
        for section in "mcclient.eth0", "mcclient.eth1":
            daemon.wait_for_counters(section, acks_received=1, acks_duplicate=0, acks_stray=0)
