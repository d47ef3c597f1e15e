"""What mcastd signs, as it is on the wire."""
import time

import pytest

import ctl
from daemon import emitter, receiver
from family import both
from lan import eventually
from signing import TRAILER, Key, Signed, Speaker, keys_file, knowing

KEY, OTHER = Key(7), Key(300)
# The key, group, port, sender, sequence and time are the same for both; computed by others.
VECTORS = [
    (None, b"ATU 2026-10-01T12:00:00Z", 0x1122334455667788, 0x00063f4d2a1b4000,
     "004d434101000001112233445566778800063f4d2a1b40006abe4b406cdca3c8c5dc03052a95f4e0fb63bf60"),
    ("6cdca3c8c5dc03052a95f4e0fb63bf60", b"ack", 0x99aabbccddeeff00, 0x00063f4d2a1b5000,
     "004d43410101000199aabbccddeeff0000063f4d2a1b50006abe4b40dfb8c5b3a3ca1705a959670bac27e362"),
]


def microseconds():
    return time.time_ns() // 1000


@pytest.mark.parametrize("request_tag, payload, sender, sequence, trailer", VECTORS, ids=["message", "ack"])
def test_these_tests_sign_as_others_do(request_tag, payload, sender, sequence, trailer):
    request = request_tag and bytes.fromhex(request_tag)
    signed = Key(1, bytes(range(32))).sign(payload, "239.255.71.29", 10000, request, sender=sender, sequence=sequence,
                                           seconds=1790856000)
    assert signed == payload + bytes.fromhex(trailer)


@both
@pytest.mark.parametrize("length", [32, 64])
def test_a_message_is_signed_byte_for_byte_as_documented(length, family, here, there, folder, mcastd):
    key = Key(0x1234, bytes(range(length)))
    heard, before = family.member(there), microseconds()
    mcastd(here, knowing(folder, key) + emitter(MCAST_GROUP=family.group, KEY=key.id, MESSAGE="ATU"))
    datagram, after = heard.recv(2048), microseconds()
    said = Signed(datagram)
    drawn = {"sender": said.sender, "sequence": said.sequence, "seconds": said.seconds}
    assert datagram == key.sign(b"ATU", family.group, 5001, **drawn)
    assert before < said.sequence - 1 < after
    assert before // 1000000 <= said.seconds <= after // 1000000


@both
def test_who_prints_strings_still_sees_the_text_alone(family, here, there, folder, mcastd):
    heard = family.member(there)
    mcastd(here, knowing(folder, KEY) + emitter(MCAST_GROUP=family.group, KEY=7, MESSAGE="ATU as ever"))
    assert heard.recv(2048).partition(b"\0")[0] == b"ATU as ever"


def test_each_message_tells_the_time_when_it_was_sent(here, there, folder, mcastd):
    heard = there.member("239.1.1.1", 5001)
    mcastd(here, knowing(folder, KEY) + emitter(KEY=7, INTERVAL="10ms", MESSAGE="{seq}"))
    # For more than a second.
    told = [Signed(heard.recv(2048)).seconds for _ in range(120)]
    assert told == sorted(told) and len(set(told)) > 1
    assert 0 <= time.time() - told[-1] < 2


def test_the_longest_message_and_its_signature_fit_into_one_packet(here, there, folder, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, knowing(folder, KEY) + emitter(KEY=7, INTERVAL="1h", MESSAGE="x" * 1000))
    assert len(heard.recv(2048)) == 1000 + TRAILER
    ctl.printed(daemon, here, "send mcclient " + "x" * 1428)
    assert len(heard.recv(2048)) == 1472
    refused = ctl.ctl(daemon, here, "send mcclient " + "x" * 1429)
    assert refused.returncode != 0 and "1428" in refused.stderr


def test_the_log_names_the_key_of_what_was_sent_and_counts_its_bytes(here, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + emitter(KEY=7, INTERVAL="1h", MESSAGE="hello"))
    daemon.wait_for('^sent "hello" to 239.1.1.1:5001, signed by key 7$')
    daemon.wait_for_counters("mcclient", sent=1, sent_bytes=5 + TRAILER)


def test_one_sender_and_one_row_of_numbers_for_all_that_a_process_signs(here, there, lan, folder, mcastd):
    wire = lan.sniff()
    daemon = mcastd(here, knowing(folder, KEY, OTHER) + receiver(HANDLERS="ack", AUTH="enforce", ACK_RATE="unlimited")
                    + emitter("MCCLIENT.a", MCAST_GROUP="239.1.1.2", KEY=7, INTERVAL="10ms")
                    + emitter("MCCLIENT.b", MCAST_GROUP="239.1.1.3", KEY=300, INTERVAL="15ms")
                    + emitter("MCCLIENT.c", MCAST_GROUP="239.1.1.4"))
    asker = Speaker(OTHER)
    for _ in range(50):
        there.ask(asker.sign(b"who?"), "239.1.1.1", 5001)
    eventually(lambda: min(daemon.counters(f"mcclient.{one}")["sent"] for one in "ab") >= 20, "twenty messages")
    there.send(b"end", "239.9.9.9", 9)
    packets = [packet for packet in wire.until(b"end") if packet.source == here.address]
    signed = [Signed(packet.payload) for packet in packets if packet.destination != "239.1.1.4"]
    assert {packet.destination for packet in packets} == {"239.1.1.2", "239.1.1.3", "239.1.1.4", there.address}
    assert [one.sequence for one in signed] == list(range(signed[0].sequence, signed[0].sequence + len(signed)))
    assert len({one.sender for one in signed}) == 1
    assert {one.id for one in signed} == {7, 300}


def test_each_start_is_another_sender_and_counts_from_its_time(here, there, folder, mcastd):
    heard, seen = there.member("239.1.1.1", 5001), []
    for _ in range(2):
        began = microseconds()
        daemon = mcastd(here, knowing(folder, KEY) + emitter(KEY=7, INTERVAL="1h"))
        seen.append(Signed(heard.recv(2048)))
        assert seen[-1].sequence > began
        daemon.stop()
    assert seen[0].sender != seen[1].sender


def key_of(datagram):
    """None: it is not signed. Of short messages."""
    return Signed(datagram).id if len(datagram) > TRAILER else None


def test_a_key_is_taken_up_exchanged_and_laid_down_in_the_midst(here, there, folder, mcastd):
    heard = there.member("239.1.1.1", 5001)
    messages = {"INTERVAL": "10ms", "MESSAGE": "{seq}"}
    daemon = mcastd(here, emitter(**messages))
    texts = [heard.recv(2048)]
    for key in 7, 300, 7, None:
        daemon.reload(knowing(folder, KEY, OTHER) + emitter(KEY=key, **messages))
        while key_of(texts[-1]) != key:
            texts.append(heard.recv(2048))
    numbers = [int(text.partition(b"\0")[0]) for text in texts]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_keys_may_come_as_a_credential(here, there, folder, mcastd):
    heard = there.member("239.1.1.1", 5001)
    keys_file(f"{folder}/keys", KEY)
    mcastd(here, emitter(KEY=7), CREDENTIALS_DIRECTORY=folder)
    assert Signed(heard.recv(2048)).is_by(KEY, "239.1.1.1", 5001)


@both
def test_what_is_sent_by_hand_is_signed_as_well(family, here, there, folder, mcastd):
    heard = family.member(there)
    daemon = mcastd(here, knowing(folder, KEY) + emitter(MCAST_GROUP=family.group, KEY=7, INTERVAL="1h"))
    first = Signed(heard.recv(2048))
    ctl.printed(daemon, here, "send mcclient fans-off")
    said = Signed(heard.recv(2048))
    assert said.is_by(KEY, family.group, 5001)
    assert (said.payload, said.sender, said.sequence) == (b"fans-off", first.sender, first.sequence + 1)


def test_status_tells_of_auth_and_keys(here, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY) + receiver("MCSERVER.a", AUTH="permissive")
                    + receiver("MCSERVER.b", PORT=5002)
                    + emitter("MCCLIENT.a", KEY=7, AUTH="enforce") + emitter("MCCLIENT.b", PORT=5002))
    sections = ctl.document(daemon, here, "status")["sections"]
    assert [(one["name"], one["auth"], one.get("key", "has none")) for one in sections] == [
        ("mcserver.a", "permissive", "has none"), ("mcserver.b", "off", "has none"),
        ("mcclient.a", "enforce", 7), ("mcclient.b", "off", None)]


def test_peers_tell_by_which_key_the_last_datagram_was_signed(here, there, folder, mcastd):
    daemon = mcastd(here, knowing(folder, KEY, OTHER) + receiver(AUTH="permissive"))
    for number, key in enumerate([KEY, OTHER, None, KEY]):
        text = b"number %d" % number
        there.send(Speaker(key).sign(text) if key else text, "239.1.1.1", 5001)
        daemon.wait_for("^received .*: " + text.decode())
        peer, = ctl.document(daemon, here, "peers")["peers"]
        assert peer["key"] == (key.id if key else None)
