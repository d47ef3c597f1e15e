"""Acks of signed messages: how they are signed, and which of them an emitter lets count."""
import os
import re
import time

import pytest

import ctl
from daemon import emitter, receiver
from family import IPV4, IPV6, both
from lan import destination
from signing import DATA, Key, Signed, Speaker, forged, knowing, of_signatures

KEY, OTHER, UNKNOWN = Key(7), Key(9), Key(8)
PORT = 5001
PATIENT = {"HANDLERS": "log, ack", "ACK_SPREAD": "20ms"}
EAGER = {"HANDLERS": "log, ack"}
at_once_and_later = pytest.mark.parametrize("how", [EAGER, PATIENT], ids=["at once", "spread"])


# --- how they are made ---

def answer_to(host, datagram, family=IPV4):
    """The only one, from the group's port."""
    (answer, source), = host.ask(datagram, family.group, PORT)
    assert source[1] == PORT
    return answer


@both
@at_once_and_later
@pytest.mark.parametrize("mode", ["permissive", "enforce"])
def test_a_signed_question_is_answered_by_a_signed_ack_that_is_bound_to_it(
        mode, how, family, here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY, OTHER) + receiver(MCAST_GROUP=family.group, AUTH=mode, **how))
    for key in KEY, OTHER:
        question = Speaker(key, family.group).sign(b"who?")
        answer = Signed(answer_to(there, question, family))
        assert answer.payload == b"ack"
        assert answer.is_by(key, family.group, PORT, request=Signed(question).tag)
        assert 0 <= time.time() - answer.seconds < 2
        daemon.wait_for(f"^acknowledged [^ ]+, signed by key {key.id}$")


@at_once_and_later
@pytest.mark.parametrize("mode", ["off", "receive-only"])
def test_others_answer_it_by_a_plain_ack(mode, how, here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + receiver(AUTH=mode, **how))
    assert answer_to(there, Speaker(KEY).sign(b"who?")) == b"ack"
    daemon.wait_for("^acknowledged 10.0.0.2:[0-9]+$")


@at_once_and_later
@pytest.mark.parametrize("mode", ["off", "receive-only", "permissive"])
def test_a_plain_question_is_answered_by_a_plain_ack(mode, how, here, there, folder, mcastd):
    mcastd(here, knowing(folder, KEY) + receiver(AUTH=mode, **how))
    assert answer_to(there, b"who?") == b"ack"


def test_an_ack_text_of_ones_own_is_signed(here, there, folder, mcastd):
    mcastd(here, knowing(folder, KEY) + receiver(AUTH="enforce", HANDLERS="ack", ACK_TEXT="heard\\x00MCA"))
    question = Speaker(KEY).sign(b"who?")
    assert Signed(answer_to(there, question)).is_by(KEY, "239.1.1.1", PORT, request=Signed(question).tag)


def test_what_waits_when_its_key_goes_is_not_sent_unsigned(here, there, folder, mcastd):
    config = receiver(AUTH="permissive", HANDLERS="log, ack", ACK_SPREAD="10s")
    daemon = mcastd(here, knowing(folder, KEY, OTHER) + config)
    with there.udp() as asker:
        for _ in range(5):
            asker.sendto(Speaker(KEY).sign(b"who?"), ("239.1.1.1", PORT))
        daemon.wait_for("^received", 5)
        daemon.reload(knowing(folder, OTHER) + config)
        assert daemon.stop() == 0
        assert daemon.lines(r"^cannot send acks \(first one to 10.0.0.2:\d+: Required key not available\)$")
        asker.setblocking(False)
        # One or the other may have been sent before.
        sent = len(daemon.lines("^acknowledged"))
        assert all(Signed(asker.recv(2048)).id == 7 for _ in range(sent))
        with pytest.raises(BlockingIOError):
            asker.recv(2048)


@both
@pytest.mark.parametrize("mode", ["off", "receive-only", "permissive", "enforce"])
def test_an_ack_to_the_group_draws_nothing_signed_or_not(mode, family, here, there, lan, folder, mcastd):
    mcastd(here, knowing(folder, KEY) + receiver(MCAST_GROUP=family.group, AUTH=mode, HANDLERS="ack"))
    wire, speaker = lan.sniff(family.ethertype), Speaker(KEY, family.group)
    acks = [b"ack", speaker.sign(b"ack"), *(speaker.sign(text, request=os.urandom(16)) for text in (b"ack", b"other"))]
    for ack in acks:
        there.send(ack, family.group, PORT)
    question = speaker.sign(b"who?")
    answer = answer_to(there, question, family)
    there.send(b"end", "ff15::9:9" if family is IPV6 else "239.9.9.9", 9)
    assert [packet.payload for packet in wire.until(b"end")] == [*acks, question, answer]


def test_a_flood_of_plain_questions_does_not_keep_signed_ones_from_being_answered(here, there, lan, folder, mcastd):
    friend = lan.host()
    rates = {"ACK_RATE": "5/s", "ACK_TOTAL": "10/s"}
    daemon = mcastd(here, knowing(folder, KEY) + receiver(AUTH="permissive", HANDLERS="ack", **rates))
    speaker = Speaker(KEY)
    for _ in range(10):
        for source in range(100, 200):
            there.forge(f"10.0.0.{source}", 4711, "239.1.1.1", PORT, b"who?")
        # Also in the name of the one who is to be silenced.
        for _ in range(20):
            there.forge(friend.address, 4711, "239.1.1.1", PORT, b"who?")
        answer = answer_to(friend, speaker.sign(b"who?"))
        assert Signed(answer).payload == b"ack"
    counters = daemon.counters("mcserver")
    assert (counters["auth_ok"], counters["auth_plain"]) == (10, 1200)
    assert counters["acks_suppressed_total"] > 0 and counters["acks_suppressed_rate"] > 0


# --- which of them count ---

class Asked:
    """A daemon that has sent a message, which was heard by somebody who can acknowledge it."""

    def __init__(self, daemon, host, there, family):
        self.daemon, self.host, self.there, self.family = daemon, host, there, family
        self.heard = family.member(there)
        self.speaker = Speaker(KEY, family.group)

    def hear(self):
        datagram, self.asker = self.heard.recvfrom(2048)
        self.message = Signed(datagram)
        return self.message

    def ask_again(self):
        ctl.printed(self.daemon, self.host, "send mcclient again")
        return self.hear()

    def acknowledge(self, ack, host=None):
        """As a receiver does, from the group's port."""
        host = host or self.there
        address = host.address6 if self.family is IPV6 else host.address
        with host.udp(address, PORT, reuse=True) as sock, host.entered():
            sock.sendto(ack, destination(*self.asker[:2]))

    def right_ack(self):
        return self.speaker.sign(b"ack", request=self.message.tag)

    def wait_for(self, **counts):
        self.daemon.wait_for_counters("mcclient", **counts)

    def of_signatures(self):
        return of_signatures(self.daemon.counters("mcclient"))


@pytest.fixture
def asked(here, there, folder, mcastd):
    def start(mode, family=IPV4):
        asked = Asked(None, here, there, family)
        asked.daemon = mcastd(here, knowing(folder, KEY, OTHER, LOG_LEVEL="debug")
                              + emitter(MCAST_GROUP=family.group, KEY=7, AUTH=mode, INTERVAL="1h"))
        asked.hear()
        return asked
    return start


@both
@pytest.mark.parametrize("mode", ["receive-only", "permissive", "enforce"])
def test_a_signed_ack_counts_and_its_key_is_told(mode, family, asked):
    asked = asked(mode, family)
    asked.acknowledge(asked.right_ack())
    asked.wait_for(acks_received=1)
    assert asked.of_signatures() == {"auth_ok": 1}
    asked.daemon.wait_for("^ack from .* for message 1, signed by key 7$")
    source, = ctl.document(asked.daemon, asked.host, "peers")["acks"]
    assert source["key"] == 7
    titles, source = ctl.rows(ctl.printed(asked.daemon, asked.host, "peers"))
    assert (titles[-1], source[-1]) == ("KEY", "7")


def test_the_key_that_is_told_of_a_node_is_that_of_its_last_ack(asked):
    asked, keys = asked("permissive"), []
    for count, sign in enumerate((asked.right_ack, lambda: OTHER.sign(b"ack", asked.family.group, PORT, asked.message.tag),
                                  lambda: b"ack"), 1):
        asked.acknowledge(sign())
        asked.wait_for(acks_received=count)
        source, = ctl.document(asked.daemon, asked.host, "peers")["acks"]
        keys.append(source["key"])
        asked.ask_again()
    assert keys == [7, OTHER.id, None]
    assert "KEY" not in ctl.printed(asked.daemon, asked.host, "peers")


@pytest.mark.parametrize("mode", ["off", "receive-only", "permissive", "enforce"])
def test_a_plain_ack_is_refused_by_enforce_alone(mode, asked):
    asked = asked(mode)
    asked.acknowledge(b"ack")
    asked.wait_for(acks_received=0 if mode == "enforce" else 1)
    expected = {"off": {}, "enforce": {"dropped_plain": 1}}.get(mode, {"auth_plain": 1})
    asked.wait_for(**expected)
    assert asked.of_signatures() == expected
    said = asked.daemon.lines(r"^dropping datagrams: not signed, see AUTH \(ack from 10.0.0.2:5001\)$")
    assert len(said) == (mode == "enforce")


def test_without_auth_a_signature_of_an_ack_is_not_looked_at(asked):
    asked = asked("off")
    asked.acknowledge(forged(asked.right_ack()))
    asked.wait_for(acks_received=1)
    assert asked.of_signatures() == {}
    asked.daemon.wait_for("^ack from 10.0.0.2:5001 for message 1, signed, not checked$")


def to_another_message(asked):
    return asked.speaker.sign(b"ack", request=os.urandom(16))


def by_another_key(asked):
    return UNKNOWN.sign(b"ack", asked.family.group, PORT, asked.message.tag)


def of_another_port(asked):
    return KEY.sign(b"ack", asked.family.group, PORT + 1, asked.message.tag)


def that_is(**otherwise):
    return lambda asked: asked.speaker.sign(b"ack", request=asked.message.tag, **otherwise)


def that_is_stale(asked):
    return that_is(seconds=int(time.time()) - 31)(asked)


WRONG, UNREADABLE = "wrong signature", "signed in a way that is not known"
# How it is made, as what it is counted, and what is told of it.
REFUSED = {
    "forged": (lambda asked: forged(asked.right_ack()), "bad_mac", WRONG, ", key 7, or it answers an older message"),
    "to another message": (to_another_message, "bad_mac", WRONG, ", key 7, or it answers an older message"),
    "of another port": (of_another_port, "bad_mac", WRONG, ", key 7, or it answers an older message"),
    "with a key that is not known": (by_another_key, "unknown_key", "signed by a key that is not known", ", key 8"),
    "that is a message": (lambda asked: asked.speaker.sign(b"ack"), "malformed", UNREADABLE, ", key 7"),
    "that says it is a message": (that_is(flags=DATA), "malformed", UNREADABLE, ", key 7"),
    "of another algorithm": (that_is(algorithm=2), "malformed", UNREADABLE, ""),
    "that is stale": (that_is_stale, "stale", "signed more than 30 s from now", ", key 7, its clock is 3[12] s behind"),
}


@pytest.mark.parametrize("mode", ["receive-only", "permissive", "enforce"])
@pytest.mark.parametrize("what", REFUSED)
def test_an_ack_that_is_signed_wrongly_does_not_count_and_the_right_one_still_does(what, mode, asked):
    make, why, said, detail = REFUSED[what]
    asked = asked(mode)
    for _ in range(3):
        asked.acknowledge(make(asked))
    asked.acknowledge(asked.right_ack())
    asked.wait_for(acks_received=1)
    assert asked.of_signatures() == {"auth_ok": 1, f"dropped_{why}": 3}
    told, = asked.daemon.lines("^dropping")
    assert re.fullmatch(rf"dropping datagrams: {said} \(ack from 10.0.0.2:5001{detail}\)", told)


@both
@pytest.mark.parametrize("mode", ["receive-only", "permissive", "enforce"])
def test_an_ack_that_comes_again_from_another_address_is_no_second_node(mode, family, asked, lan):
    stranger = family.settle(lan.host())
    asked = asked(mode, family)
    ack = asked.right_ack()
    asked.acknowledge(ack)
    asked.wait_for(acks_received=1)
    asked.acknowledge(ack, stranger)
    asked.wait_for(acks_received=1, dropped_replay=1)
    last, = ctl.document(asked.daemon, asked.host, "peers")["acks"]
    assert last["address"] == family.address(2)


def test_a_late_ack_of_the_message_before_is_stray_and_no_trouble(asked):
    asked = asked("enforce")
    late = asked.right_ack()
    asked.ask_again()
    asked.acknowledge(late)
    asked.acknowledge(asked.right_ack())
    asked.wait_for(acks_stray=1, acks_received=1)
    assert asked.of_signatures() == {"auth_ok": 1}
    assert not asked.daemon.lines("^dropping")


def test_one_of_the_message_before_that_is_too_late(asked):
    asked = asked("enforce")
    late = asked.right_ack()
    asked.ask_again()
    asked.ask_again()
    asked.acknowledge(late)
    asked.wait_for(acks_stray=0, dropped_bad_mac=1)


@both
@pytest.mark.parametrize("spread", [None, "50ms"])
def test_daemons_that_enforce_signatures_acknowledge_each_other(spread, family, here, there, lan, folder, mcastd):
    answering = {"HANDLERS": "ack", "ACK_SPREAD": spread}
    asking = {"KEY": 7, "EXPECT_ACKS": 2, "INTERVAL": "300ms"}
    same = {"MCAST_GROUP": family.group, "AUTH": "enforce"}
    for host in there, lan.host():
        mcastd(host, knowing(folder, KEY) + receiver(**same, **answering))
    asker = mcastd(here, knowing(folder, KEY) + emitter(**same, **asking))
    # What was started in the same second as they were is taken from the next one on.
    asker.wait_for("^acks for message [0-9]+: 2", 3)
    assert not asker.lines("^dropping")
