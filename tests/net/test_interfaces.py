"""Interfaces come and go, and lose their cable: sections wait for them, and go on by themselves."""
import re

from daemon import emitter, receiver
from family import IPV6, both
from interfaces import BELL, Rounds, assert_hears, held, index_of, joins, make_interface, ring, sockets
from lan import eventually

PROMISE = 1
OFTEN = {"INTERVAL": "50ms"}


@both
def test_it_hears_again_each_of_100_times_that_its_interface_was_down(family, here, there, mcastd):
    with Rounds(family, here, there, mcastd) as rounds:
        for _ in range(100):
            here.ip("link set eth0 down")
            rounds.wait_for_waiting("eth0 is down")
            here.ip("link set eth0 up")
            rounds.measure()
    rounds.judge("down and up", PROMISE)


@both
def test_it_hears_again_each_of_20_times_that_its_interface_was_made_anew(family, lan, here, there, mcastd):
    indices = {index_of(here, "eth0")}
    with Rounds(family, here, there, mcastd) as rounds:
        for _ in range(20):
            here.ip("link del eth0")
            rounds.wait_for_waiting("there is no interface eth0")
            make_interface(lan, here)
            rounds.measure()
            indices.add(index_of(here, "eth0"))
    assert len(indices) == 21
    rounds.judge("deleted and made anew", PROMISE)


@both
def test_it_hears_again_each_of_20_times_that_its_interface_was_made_anew_with_its_index(
        family, lan, here, there, mcastd):
    """And at once: whenever the daemon looks, it is there."""
    index = index_of(here, "eth0")
    with Rounds(family, here, there, mcastd) as rounds:
        for _ in range(20):
            with held(rounds.daemon):
                here.ip("link del eth0")
                make_interface(lan, here, index=index)
            rounds.measure()
    assert index_of(here, "eth0") == index
    rounds.judge("deleted and made anew with the same index", PROMISE)


@both
def test_for_an_interface_that_was_down_too_shortly_to_be_seen_the_network_is_told_anew(
        family, lan, here, there, mcastd):
    """And the socket stays."""
    family.settle(there)
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group))
    before = sockets(daemon)
    with held(daemon):
        here.ip("link set eth0 down", "link set eth0 up")
        lan.wait_for_link(here, "eth0")
    daemon.wait_for("^eth0 has a carrier again: left and joined ")
    assert_hears(daemon, family, there)
    assert sockets(daemon) == before


@both
def test_without_a_carrier_it_waits_and_with_it_it_goes_on(family, lan, here, there, mcastd):
    family.settle(there)
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group))
    before = sockets(daemon)
    lan.ip("link set port1 down")
    daemon.wait_for(f"^waiting to hear {re.escape(family.endpoint)}: eth0 has no carrier$")
    daemon.wait_for_status(r"^0 joined, .* 1 waiting, .*; \[mcserver\] waiting: eth0 has no carrier$")
    lan.ip("link set port1 up")
    daemon.wait_for(f"^eth0 has a carrier again: left and joined {re.escape(family.endpoint)}$")
    daemon.wait_for_status("^1 joined, 0 emitting, [0-9.]+ datagrams/s$")
    assert_hears(daemon, family, there)
    assert sockets(daemon) == before
    assert daemon.counters("mcserver")["rejoins"] == 1


@both
def test_when_the_carrier_is_back_the_network_is_told_anew(family, lan, here, mcastd):
    reports = family.reports(lan, "br0")
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group))
    # The kernel tells it twice, at most a second apart.
    next(reports)
    next(reports)
    lan.ip("link set port1 down")
    daemon.wait_for("^waiting to hear")
    reports = family.reports(lan, "br0")
    lan.ip("link set port1 up")
    next(reports)


@both
def test_each_change_of_its_interface_is_told_in_one_line(family, lan, here, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group) + BELL)
    down, gone, joined = (f"waiting to hear {family.endpoint}: eth0 is down",
                          f"waiting to hear {family.endpoint}: there is no interface eth0",
                          f"joined {family.endpoint} on eth0")

    def make_eth0():
        make_interface(lan, here)
        lan.wait_for_link(here, "eth0")

    for change, told in [(lambda: here.ip("link set eth0 down"), [down]),
                         (lambda: here.ip("link del eth0"), [gone]),
                         (make_eth0, [joined]),
                         (lambda: here.ip("link set eth0 mtu 1400"), []),
                         (lambda: here.ip("link del eth0"), [gone])]:
        before = len(daemon.lines(re.escape(family.endpoint)))
        with held(daemon):
            change()
        ring(here, daemon)
        assert daemon.lines(re.escape(family.endpoint))[before:] == told


@both
def test_a_section_whose_interface_is_not_there_waits_alone_and_joins_when_it_appears(
        family, here, there, second_lan, mcastd):
    family.settle(there)
    daemon = mcastd(here, receiver("MCSERVER.a", MCAST_GROUP=family.group)
                    + receiver("MCSERVER.b", MCAST_GROUP=family.group, INTERFACE="eth1"))
    daemon.wait_for_status(r"^1 joined, 0 emitting, 1 waiting, [0-9.]+ datagrams/s; "
                           r"\[mcserver.b\] waiting: there is no interface eth1$")
    before = sockets(daemon)
    assert_hears(daemon, family, there, "mcserver.a")
    make_interface(second_lan, here, "eth1")
    daemon.wait_for(joins(family, "eth1"))
    daemon.wait_for_status("^2 joined, 0 emitting, (peers: .*)?[0-9.]+ datagrams/s$")
    beyond = family.settle(second_lan.host())
    assert_hears(daemon, family, beyond, "mcserver.b")
    assert before < sockets(daemon)


@both
def test_an_emitter_waits_alone_for_its_interface_and_for_an_address(
        family, here, there, second_lan, mcastd):
    family.settle(here)
    near, beyond = family.member(there), family.member(second_lan.host())
    daemon = mcastd(here, emitter("MCCLIENT.a", MCAST_GROUP=family.group, MESSAGE="a", **OFTEN)
                    + emitter("MCCLIENT.b", MCAST_GROUP=family.group, MESSAGE="b", INTERFACE="eth1", **OFTEN))
    waits = f"^waiting to send to {re.escape(family.endpoint)}: "
    daemon.wait_for(waits + "there is no interface eth1$")
    assert near.recv(64) == b"a"
    # It shall not give itself an address.
    here.write("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1")
    make_interface(second_lan, here, "eth1")
    daemon.wait_for(waits + f"eth1 has no {family} address$")
    daemon.wait_for_status(rf"^0 joined, 1 emitting, 1 waiting, .*\[mcclient.b\] waiting: eth1 has no {family} ")
    here.ip(family.give(7, lan=1, device="eth1"))
    message, (source, *_) = beyond.recvfrom(64)
    assert (message, source) == (b"b", family.address(7, lan=1))
    daemon.wait_for_status("^0 joined, 2 emitting, 0.0 datagrams/s$")


def test_an_emitter_waits_until_its_ipv6_address_is_known_to_be_no_others(here, there, mcastd):
    heard = IPV6.member(there)
    here.write("/proc/sys/net/ipv6/conf/eth0/accept_dad", "1")
    here.ip("address flush dev eth0")
    daemon = mcastd(here, emitter(MCAST_GROUP=IPV6.group, **OFTEN))
    daemon.wait_for("^waiting to send to .*: eth0 has no IPv6 address$")
    here.ip(f"address add {IPV6.address(7)}/64 dev eth0")
    assert heard.recvfrom(64)[1][0] == IPV6.address(7)
    assert not daemon.lines("^cannot send")


@both
def test_an_emitter_whose_interface_is_down_does_not_try(family, here, mcastd):
    family.settle(here)
    daemon = mcastd(here, emitter("MCCLIENT.a", MCAST_GROUP=family.group, MESSAGE="a", **OFTEN)
                    + emitter("MCCLIENT.b", INTERFACE="lo", MESSAGE="b", **OFTEN))
    daemon.wait_for('^sent "a"')
    here.ip("link set eth0 down")
    daemon.wait_for(f"^waiting to send to {re.escape(family.endpoint)}: eth0 is down$")
    before, beats = daemon.counters("mcclient.a"), len(daemon.lines('^sent "b"'))
    daemon.wait_for('^sent "b"', beats + 10)
    assert daemon.counters("mcclient.a") == before
    # It may have tried before it was told.
    assert len(daemon.lines("^cannot send")) <= 1


@both
def test_an_emitter_sends_again_when_its_interface_is_up(family, here, there, mcastd):
    family.settle(here)
    heard = family.member(there)
    daemon = mcastd(here, emitter(MCAST_GROUP=family.group, MESSAGE="{seq}", **OFTEN))
    heard.recv(64)
    here.ip("link set eth0 down")
    daemon.wait_for("^waiting to send")
    before = daemon.counters("mcclient")
    here.ip("link set eth0 up")
    eventually(lambda: int(heard.recv(64)) > before["sent"] + before["send_errors"], "a new message")
    daemon.wait_for(f"^sending to {re.escape(family.endpoint)} on eth0 every 50ms$", 2)
    assert daemon.counters("mcclient")["sent"] > before["sent"]


@both
def test_it_finds_out_what_is_true_when_news_of_interfaces_was_lost(family, lan, here, there, mcastd):
    """More news than it has room for, and then what matters."""
    family.settle(there)
    for device in "eth1", "eth3":
        make_interface(lan, here, device)
    daemon = mcastd(here, "".join(
        receiver(f"MCSERVER.{device}", MCAST_GROUP=family.group, INTERFACE=device)
        for device in ("eth0", "eth1", "eth2", "eth3")))
    index = index_of(here, "eth3")
    with held(daemon):
        here.ip(*[f"link set lo mtu {60000 + n}" for n in range(2000)])
        here.ip("link del eth1", "link del eth3")
        make_interface(lan, here, "eth2")
        make_interface(lan, here, "eth3", index=index)
    daemon.wait_for("^more news of interfaces than the kernel keeps: looking at all of them anew$")
    daemon.wait_for_status(r"^3 joined, .* 1 waiting, .*; \[mcserver.eth1\] waiting: there is no interface eth1$")
    for section in "mcserver.eth0", "mcserver.eth2", "mcserver.eth3":
        assert_hears(daemon, family, there, section)


def test_lost_news_of_an_interface_closes_no_socket(here, mcastd):
    daemon = mcastd(here, receiver() + emitter(INTERVAL="1h", PORT=5002) + BELL)
    before = sockets(daemon)
    with held(daemon):
        here.ip(*[f"link set lo mtu {60000 + n}" for n in range(2000)])
    daemon.wait_for("^more news of interfaces than the kernel keeps")
    ring(here, daemon)
    assert sockets(daemon) == before
    assert len(daemon.lines("^joined 239.1.1.1:5001")) == len(daemon.lines("^sent")) == 1


def test_an_interface_that_has_forgotten_its_groups_is_joined_again(here, there, mcastd):
    """With a MTU too small for IPv6 it forgets all that is IPv6, and nothing else about it changes."""
    IPV6.settle(there)
    daemon = mcastd(here, receiver(MCAST_GROUP=IPV6.group) + BELL)
    assert_hears(daemon, IPV6, there)
    here.ip("link set eth0 mtu 1200", "link set eth0 mtu 1500")
    daemon.wait_for(rf"^joined {re.escape(IPV6.endpoint)} on eth0$", 2)
    assert_hears(daemon, IPV6, there)
    joined = len(daemon.lines("^joined .* on eth0$"))
    ring(here, daemon)
    assert len(daemon.lines("^joined .* on eth0$")) == joined


def test_an_emitter_that_ends_while_it_waits_says_what_was_not_sent(here, mcastd):
    daemon = mcastd(here, emitter(EXPECT_ACKS=3, **OFTEN))
    daemon.wait_for("^acks for message .*: 0, fewer than EXPECT_ACKS, 3$")
    here.ip("link set eth0 down")
    daemon.wait_for("^waiting to send to 239.1.1.1:5001: eth0 is down$")
    assert daemon.stop() == 0
    assert len(daemon.lines("^messages with fewer acks than EXPECT_ACKS: [1-9]")) == 1
