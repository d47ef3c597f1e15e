"""Many sections side by side: each hears its own group on its own interface, and nothing of the others'."""
import ipaddress

from daemon import receiver
from family import both
from lan import any_address, destination

UNLIMITED = {"HANDLERS": "ack", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}
UNRECORDED = "[DAEMON]\nLOG_LEVEL = notice\n"
WINDOW = 50


def group_number(family, n):
    return str(ipaddress.ip_address(family.group) + n)


def send_many(host, group, count, payload):
    """So many datagrams, all of which have been answered. Never more of them wait than there is room for."""
    with host.udp(any_address(group)) as sock, host.entered():
        for begin in range(0, count, WINDOW):
            window = range(min(WINDOW, count - begin))
            for _ in window:
                sock.sendto(payload, destination(group, 5001))
            assert {sock.recv(64) for _ in window} == {b"ack"}


@both
def test_one_group_and_port_on_two_interfaces_are_two(family, here, there, second_lan, mcastd):
    second_lan.plug(here, multicast_route=False)
    beyond = second_lan.host()
    daemon = mcastd(here, receiver("MCSERVER.near", MCAST_GROUP=family.group, **UNLIMITED)
                    + receiver("MCSERVER.far", MCAST_GROUP=family.group, INTERFACE="eth1", **UNLIMITED)
                    + UNRECORDED)
    send_many(there, family.group, 1000, b"1")
    send_many(beyond, family.group, 1000, b"333")
    send_many(there, family.group, 500, b"1")
    assert daemon.counters("mcserver.near") == {"received": 1500, "received_bytes": 1500, "acked": 1500}
    assert daemon.counters("mcserver.far") == {"received": 1000, "received_bytes": 3000, "acked": 1000}


@both
def test_twenty_groups_on_one_port_are_twenty(family, here, there, mcastd):
    groups = {f"MCSERVER.{n}": group_number(family, n) for n in range(20)}
    daemon = mcastd(here, UNRECORDED + "".join(
        receiver(name, MCAST_GROUP=group, **UNLIMITED) for name, group in groups.items()))
    for n, group in enumerate(groups.values(), 1):
        # Counts and bytes tell of whom they are.
        send_many(there, group, 20 + n, b"x" * n)
    for n, name in enumerate(groups, 1):
        counters = daemon.counters(name.lower())
        assert counters == {"received": 20 + n, "received_bytes": (20 + n) * n, "acked": 20 + n}


@both
def test_a_hundred_groups_on_one_interface_are_each_heard(family, here, there, mcastd):
    """And all of them at once: in between nobody waits for an answer."""
    groups = [group_number(family, n) for n in range(100)]
    daemon = mcastd(here, UNRECORDED + "".join(
        receiver(f"MCSERVER.{n}", MCAST_GROUP=group, **UNLIMITED) for n, group in enumerate(groups)))
    assert len(daemon.lines("^joined")) == 100
    with there.udp(any_address(family.group)) as sock:
        for group in groups * 2:
            sock.sendto(b"question", (group, 5001))
        assert {sock.recv(64) for _ in range(200)} == {b"ack"}
    for n in 0, 50, 99:
        assert daemon.counters(f"mcserver.{n}") == {"received": 2, "received_bytes": 16, "acked": 2}


def test_more_groups_than_one_socket_may_join_are_heard(here, there, mcastd):
    here.write("/proc/sys/net/ipv4/igmp_max_memberships", "5")
    groups = [f"239.1.1.{n}" for n in range(1, 31)]
    daemon = mcastd(here, "".join(
        receiver(f"MCSERVER.{n}", MCAST_GROUP=group, **UNLIMITED) for n, group in enumerate(groups)))
    assert here.memberships() == {("eth0", group) for group in groups}
    for group in groups:
        assert there.ask(b"question", group, 5001) == [(b"ack", (here.address, 5001))]
    daemon.wait_for_status("^30 joined, 0 emitting, (peers: 30 up, )?[0-9.]+ datagrams/s$")


@both
def test_what_another_program_of_the_host_has_joined_is_not_heard(family, here, there, second_lan, mcastd):
    """Neither another group, nor the same on another interface."""
    second_lan.plug(here, multicast_route=False)
    beyond = second_lan.host()
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, SHARE="any", **UNLIMITED))
    other_link = "eth1" if ":" in family.group else "10.0.1.1"
    with here.member(group_number(family, 1), 5001) as other, \
            here.member(family.group, 5001, other_link) as far:
        for _ in range(100):
            there.send(b"to another", group_number(family, 1), 5001)
            beyond.send(b"on another", family.group, 5001)
        assert {other.recv(64) for _ in range(100)} == {b"to another"}
        assert {far.recv(64) for _ in range(100)} == {b"on another"}
    send_many(there, family.group, 20, b"question")
    assert daemon.counters("mcserver")["received"] == 20


@both
def test_a_section_that_is_added_or_dropped_leaves_the_others_alone(family, here, there, mcastd):
    def configured(*numbers):
        return "".join(receiver(f"MCSERVER.{n}", MCAST_GROUP=group_number(family, n), **UNLIMITED) for n in numbers)
    daemon = mcastd(here, configured(*range(10)))
    before = {n: here.socket_inode(group_number(family, n), 5001) for n in range(0, 10, 2)}
    assert "5 kept, 0 retuned, 0 reopened, 5 added, 5 dropped" in daemon.reload(
        configured(*range(0, 10, 2), *range(10, 15)))
    assert {n: here.socket_inode(group_number(family, n), 5001) for n in before} == before
    for n in *before, *range(10, 15):
        send_many(there, group_number(family, n), 10 + n, b"x")
        assert daemon.counters(f"mcserver.{n}")["received"] == 10 + n
