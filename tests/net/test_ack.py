"""Whom a receiver answers, and how often: never because of an answer, and of no use to a spoofer."""
import time

from daemon import receiver
from family import IPV6, both

ACKER = receiver(HANDLERS="ack")


def end_of(wire, host, family):
    """The packets until now."""
    host.send(b"end", "ff15::9:9" if family is IPV6 else "239.9.9.9", 9)
    return wire.until(b"end")


@both
def test_two_daemons_answer_a_question_once_each_and_never_each_other(family, here, there, lan, mcastd):
    for host in here, there:
        mcastd(host, receiver(MCAST_GROUP=family.group, HANDLERS="ack"))
    asker = lan.host()
    wire = lan.sniff(family.ethertype)
    answers = asker.ask(b"question", family.group, 5001, answers=2)
    # Were an ack answered, the answer would be out before that to a later question.
    asker.ask(b"later", family.group, 5001, answers=2)
    assert sorted(answers) == [(b"ack", (family.address(number), 5001)) for number in (1, 2)]
    payloads = [packet.payload for packet in end_of(wire, asker, family)]
    assert payloads == [b"question", b"ack", b"ack", b"later", b"ack", b"ack"]


@both
def test_a_daemons_ack_to_another_daemons_port_is_not_answered(family, here, there, lan, mcastd):
    for host in here, there:
        mcastd(host, receiver(MCAST_GROUP=family.group, HANDLERS="ack"))
    asker = lan.host()
    wire = lan.sniff(family.ethertype)
    # The question comes from the port that the other daemon answers by.
    with there.udp(family.address(2), 5001) as sock:
        sock.sendto(b"question", (family.group, 5001))
        assert sock.recvfrom(64)[1][0] == family.address(1)
    asker.ask(b"later", family.group, 5001, answers=2)
    packets = [(packet.payload, packet.source, packet.destination) for packet in end_of(wire, asker, family)]
    assert packets.count((b"ack", family.address(1), family.address(2))) == 1
    assert len(packets) == 5


@both
def test_what_comes_from_the_own_host_and_the_groups_port_is_not_answered(family, here, there, lan, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, HANDLERS="ack"))
    wire = lan.sniff(family.ethertype)
    with here.udp(family.address(1), 5001) as sock:
        sock.sendto(b"question", (family.group, 5001))
    there.ask(b"later", family.group, 5001)
    assert [packet.payload for packet in end_of(wire, there, family)] == [b"question", b"later", b"ack"]
    daemon.wait_for_counters("mcserver", acked=1, acks_suppressed_self=1)


@both
def test_an_ack_is_never_answered(family, here, there, mcastd, lan):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, HANDLERS="ack"))
    wire = lan.sniff(family.ethertype)
    there.send(b"ack", family.group, 5001)
    there.ask(b"question", family.group, 5001)
    assert [packet.payload for packet in end_of(wire, there, family)] == [b"ack", b"question", b"ack"]
    daemon.wait_for_counters("mcserver", acked=1, acks_suppressed_ack=1)


def test_an_ack_text_of_ones_own_is_said_and_never_answered(here, there, mcastd, lan):
    mcastd(here, receiver(HANDLERS="ack", ACK_TEXT="heard"))
    wire = lan.sniff()
    there.send(b"heard", "239.1.1.1", 5001)
    there.send(b"ack", "239.1.1.1", 5001)
    there.ask(b"question", "239.1.1.1", 5001)
    there.send(b"end", "239.9.9.9", 9)
    assert [packet.payload for packet in wire.until(b"end")] == [b"heard", b"ack", b"question", b"heard"]


def test_source_port_0_is_never_answered(here, there, mcastd, lan):
    daemon = mcastd(here, ACKER)
    wire = lan.sniff()
    there.forge(there.address, 0, "239.1.1.1", 5001, b"nowhere")
    there.ask(b"question", "239.1.1.1", 5001)
    there.send(b"end", "239.9.9.9", 9)
    assert [packet.payload for packet in wire.until(b"end")] == [b"nowhere", b"question", b"ack"]
    daemon.wait_for_counters("mcserver", acked=1, acks_suppressed_port=1)


@both
def test_a_question_of_the_own_host_is_answered(family, here, mcastd):
    mcastd(here, receiver(MCAST_GROUP=family.group, HANDLERS="ack"))
    assert here.ask(b"question", family.group, 5001) == [(b"ack", (family.address(1), 5001))]


def test_a_flood_is_answered_within_its_rate_and_every_datagram_is_accounted_for(here, there, lan, mcastd):
    bystander = lan.host()
    daemon = mcastd(here, receiver(HANDLERS="ack", ACK_RATE="5/s"))
    wire = lan.sniff()
    began = time.monotonic()
    with there.udp() as sock:
        for _ in range(200):
            sock.sendto(b"flood", ("239.1.1.1", 5001))
        bystander.ask(b"question", "239.1.1.1", 5001)
        elapsed = time.monotonic() - began
        bystander.send(b"end", "239.9.9.9", 9)
    # What goes to one address may pass here as one long packet, before a device cuts it.
    acked = sum(len(packet.payload) // len(b"ack") for packet in wire.until(b"end") if packet.destination == there.address)
    # What fits into the bucket, what trickles in, and one in four of the rest, at most ten a second.
    assert 10 <= acked <= 10 + 5 * elapsed + min(190 / 4, 1 + 10 * elapsed)
    daemon.wait_for_counters("mcserver", received=201, acked=acked + 1, acks_suppressed_rate=200 - acked)
