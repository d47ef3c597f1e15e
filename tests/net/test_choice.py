"""Which interface a section means: by name, by address, by route; and what is said about that."""
import re

import pytest

from daemon import emitter, receiver
from family import both
from interfaces import BELL, assert_hears, held, joins, make_interface, ring, sockets
from lan import eventually

OFTEN = {"INTERVAL": "50ms"}


def rename(host, old, new, *and_then):
    """Older kernels rename only what is down."""
    host.ip(f"link set {old} down", f"link set {old} name {new}", f"link set {new} up", *and_then)


def with_eth1(host, lan, family):
    """Another interface, on another lan, whose host 7 it is then."""
    make_interface(lan, host, "eth1")
    host.ip(family.give(7, lan=1, device="eth1"))
    lan.wait_for_link(host, "eth1")


def waits(family, why):
    return f"^waiting to hear {re.escape(family.endpoint)}: {why}$"


@both
def test_by_name_it_waits_when_its_interface_is_called_otherwise(family, here, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group))
    with held(daemon):
        rename(here, "eth0", "lan0")
    daemon.wait_for(waits(family, "there is no interface eth0"))
    assert family.joined(here, "lan0") == 0


@both
def test_by_name_it_joins_on_the_interface_that_gets_the_name(family, here, second_lan, mcastd):
    with_eth1(here, second_lan, family)
    beyond = family.settle(second_lan.host())
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group))
    with held(daemon):
        rename(here, "eth0", "eth7")
        rename(here, "eth1", "eth0")
    daemon.wait_for(joins(family, "eth0"), 2)
    assert_hears(daemon, family, beyond)
    assert (family.joined(here, "eth7"), family.joined(here, "eth0")) == (0, 1)


@both
def test_by_address_it_stays_where_it_is_when_its_interface_is_called_otherwise(
        family, lan, here, there, mcastd):
    family.settle(here)
    family.settle(there)
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, INTERFACE=None, IP_ADDRESS=family.address(1)))
    before = sockets(daemon)
    with held(daemon):
        rename(here, "eth0", "lan0", family.give(1, device="lan0"))
        lan.wait_for_link(here, "lan0")
    daemon.wait_for("^eth0 is called lan0 now$")
    assert_hears(daemon, family, there)
    assert sockets(daemon) == before
    assert daemon.stop() == 0
    assert daemon.lines(f"^left {re.escape(family.endpoint)} on lan0$")


@both
def test_by_address_it_follows_the_address(family, here, second_lan, mcastd):
    family.settle(here)
    with_eth1(here, second_lan, family)
    beyond = family.settle(second_lan.host())
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, INTERFACE=None, IP_ADDRESS=family.address(1)))
    here.ip(f"address del {family.address(1)}/{family.bits} dev eth0")
    daemon.wait_for(waits(family, f"no interface has the address {re.escape(family.address(1))}"))
    here.ip(family.give(1, device="eth1"))
    daemon.wait_for(joins(family, "eth1"))
    assert_hears(daemon, family, beyond)
    assert (family.joined(here, "eth0"), family.joined(here, "eth1")) == (0, 1)


@both
def test_an_emitter_by_address_follows_the_address(family, here, there, second_lan, mcastd):
    family.settle(here)
    with_eth1(here, second_lan, family)
    near, beyond = family.member(there), family.member(second_lan.host())
    mcastd(here, emitter(MCAST_GROUP=family.group, INTERFACE=None, IP_ADDRESS=family.address(1), **OFTEN))
    assert near.recvfrom(64)[1][0] == family.address(1)
    here.ip(f"address del {family.address(1)}/{family.bits} dev eth0", family.give(1, device="eth1"))
    assert beyond.recvfrom(64)[1][0] == family.address(1)


@both
def test_an_emitter_by_name_sends_from_the_new_address_of_its_interface(family, here, there, mcastd):
    family.settle(here)
    heard = family.member(there)
    mcastd(here, emitter(MCAST_GROUP=family.group, **OFTEN))
    assert heard.recvfrom(64)[1][0] == family.address(1)
    here.ip(f"address del {family.address(1)}/{family.bits} dev eth0", family.give(77))
    eventually(lambda: heard.recvfrom(64)[1][0] == family.address(77), "a message from the new address")


@both
def test_by_route_it_follows_the_route(family, here, second_lan, mcastd):
    with_eth1(here, second_lan, family)
    beyond = family.settle(second_lan.host())
    family.route(here, "replace", "eth0")
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, INTERFACE=None))
    assert family.joined(here, "eth0") == 1
    family.route(here, "replace", "eth1")
    daemon.wait_for(joins(family, "eth1"))
    assert_hears(daemon, family, beyond)
    assert (family.joined(here, "eth0"), family.joined(here, "eth1")) == (0, 1)


@both
def test_by_route_it_waits_until_there_is_one(family, here, there, mcastd):
    family.settle(there)
    family.lose_routes(here)
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, INTERFACE=None))
    daemon.wait_for(waits(family, f"there is no route to {family.group}; INTERFACE would do without"))
    family.route(here, "add", "eth0")
    daemon.wait_for(joins(family, "eth0"))
    assert_hears(daemon, family, there)


@both
def test_an_emitter_by_route_follows_the_route(family, here, there, second_lan, mcastd):
    family.settle(here)
    with_eth1(here, second_lan, family)
    near, beyond = family.member(there), family.member(second_lan.host())
    family.route(here, "replace", "eth0")
    mcastd(here, emitter(MCAST_GROUP=family.group, INTERFACE=None, **OFTEN))
    near.recv(64)
    family.route(here, "replace", "eth1")
    beyond.recv(64)


@both
def test_what_the_route_chose_among_several_is_told_once(family, here, second_lan, mcastd):
    family.settle(here)
    for device in "eth1", "eth2":
        make_interface(second_lan, here, device)
    family.route(here, "replace", "eth0")
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, INTERFACE=None) + BELL)
    ring(here, daemon)
    told = ["the route chose eth0; there is also eth1, eth2: INTERFACE says which is meant"]
    for _ in range(3):
        make_interface(second_lan, here, "eth3")
        ring(here, daemon)
        here.ip("link del eth3")
        ring(here, daemon)
    assert daemon.lines("the route chose") == told


@both
@pytest.mark.parametrize("kind", [receiver, emitter])
def test_what_was_chosen_by_name_or_address_is_not_told(kind, family, here, second_lan, mcastd):
    family.settle(here)
    make_interface(second_lan, here, "eth1")
    daemon = mcastd(here, kind(MCAST_GROUP=family.group) + kind(
        MCAST_GROUP=family.group, PORT=5002, INTERFACE=None, IP_ADDRESS=family.address(1),
        name={receiver: "MCSERVER.b", emitter: "MCCLIENT.b"}[kind]) + BELL)
    ring(here, daemon)
    assert not daemon.lines("the route chose")


@both
def test_an_interface_that_cannot_do_multicast_is_told_once_with_the_remedy(family, here, mcastd):
    here.ip("link set eth0 multicast off")
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group) + BELL)
    ring(here, daemon)
    assert daemon.lines("eth0 cannot") == ["eth0 cannot do multicast: ip link set eth0 multicast on"]


@both
def test_loopback_is_good_enough_for_multicast(family, here, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, INTERFACE="lo"))
    assert daemon.wait_for(joins(family, "lo"))
    assert not daemon.lines("cannot do multicast")


TWICE = r"has the group and port of \[mcserver.a\], and on the same interface, eth0: "


def by_name_and_by_address(family):
    """The same interface, if that has the address."""
    return [receiver("MCSERVER.a", MCAST_GROUP=family.group),
            receiver("MCSERVER.b", MCAST_GROUP=family.group, INTERFACE=None, IP_ADDRESS=family.address(1))]


@both
def test_of_two_receivers_of_the_same_on_one_interface_the_second_fails(family, here, there, mcastd):
    family.settle(here)
    family.settle(there)
    daemon = mcastd(here, "".join(by_name_and_by_address(family)))
    assert len(daemon.lines(rf"^{daemon.file}:5: \[mcserver.b\] {TWICE}each datagram would be handled twice$")) == 1
    daemon.wait_for_status(rf"^1 joined, 0 emitting, 1 failed, .*; \[mcserver.b\] failed: {TWICE}")
    assert_hears(daemon, family, there, "mcserver.a")


@both
def test_a_reload_to_two_receivers_of_the_same_on_one_interface_is_refused(family, here, there, mcastd):
    family.settle(here)
    family.settle(there)
    by_name, by_address = by_name_and_by_address(family)
    daemon = mcastd(here, by_name)
    before = sockets(daemon)
    assert "not reloaded" in daemon.reload(by_name + by_address)
    assert len(daemon.lines(TWICE)) == 1
    assert_hears(daemon, family, there, "mcserver.a")
    assert sockets(daemon) == before


@both
def test_a_receiver_that_comes_to_the_interface_of_another_fails_until_it_goes(
        family, here, there, second_lan, mcastd):
    family.settle(there)
    family.settle(here)
    here.ip(f"address del {family.address(1)}/{family.bits} dev eth0")
    with_eth1(here, second_lan, family)
    here.ip(family.give(1, device="eth1"))
    daemon = mcastd(here, "".join(by_name_and_by_address(family)) + BELL)
    here.ip(f"address del {family.address(1)}/{family.bits} dev eth1", family.give(1))
    daemon.wait_for(TWICE)
    daemon.wait_for_status(rf"1 failed, .*; \[mcserver.b\] failed: {TWICE}")
    ring(here, daemon)
    assert len(daemon.lines(TWICE)) == 1
    assert_hears(daemon, family, there, "mcserver.a")
    here.ip(f"address del {family.address(1)}/{family.bits} dev eth0", family.give(1, device="eth1"))
    daemon.wait_for(joins(family, "eth1"), 2)
