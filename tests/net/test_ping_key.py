"""mcastctl ping --key: a signed question, and only signed answers count."""
import contextlib
import json
import os
import re
import time

import pytest

from answering import answering
from ctl import heard
from daemon import built, receiver
from signing import Key, Signed, forged, keys_file

GROUP, PORT = "239.1.1.1", 5001
KEY, OTHER = Key(7), Key(9)
# Many more answers than are shown, for some get lost on the way.
FLOOD, SHOWN = 5000, 1000
VECTORS = [
    (None, b"ATU 2026-10-01T12:00:00Z", 0x1122334455667788, 0x00063f4d2a1b4000,
     "004d434101000001112233445566778800063f4d2a1b40006abe4b406cdca3c8c5dc03052a95f4e0fb63bf60"),
    ("6cdca3c8c5dc03052a95f4e0fb63bf60", b"ack", 0x99aabbccddeeff00, 0x00063f4d2a1b5000,
     "004d43410101000199aabbccddeeff0000063f4d2a1b50006abe4b40dfb8c5b3a3ca1705a959670bac27e362"),
]


def right(question):
    return [KEY.sign(b"ack", GROUP, PORT, question.tag)]


def altered(question):
    ack, = right(question)
    return [b"a" + ack]


def of_another_message(question):
    return [KEY.sign(b"ack", GROUP, PORT, os.urandom(16))]


# What is no answer, and why.
REFUSED = {
    "plain": lambda question: [b"ack"],
    "malformed": lambda question: [KEY.sign(b"ack", GROUP, PORT, question.tag, flags=3)],
    "malformed: a message": lambda question: [KEY.sign(b"ack", GROUP, PORT)],
    "unknown_key": lambda question: [Key(8).sign(b"ack", GROUP, PORT, question.tag)],
    "unknown_key: of the same file": lambda question: [OTHER.sign(b"ack", GROUP, PORT, question.tag)],
    "stale": lambda question: [KEY.sign(b"ack", GROUP, PORT, question.tag, seconds=int(time.time()) - 60)],
    "stale: of tomorrow": lambda question: [KEY.sign(b"ack", GROUP, PORT, question.tag, seconds=int(time.time()) + 60)],
    "bad_mac": lambda question: map(forged, right(question)),
    "bad_mac: another text": altered,
    "bad_mac: to another message": of_another_message,
    "bad_mac: another secret": lambda question: [Key(KEY.id).sign(b"ack", GROUP, PORT, question.tag)],
    "bad_mac: another port": lambda question: [KEY.sign(b"ack", GROUP, PORT + 1, question.tag)],
}


@pytest.fixture
def keys(folder):
    return keys_file(f"{folder}/keys", KEY, OTHER)


def ping(host, keys, *arguments):
    return host.run(built("mcastctl"), "ping", f"{GROUP}:{PORT}", "--timeout", "1s", "--key", f"{keys}:{KEY.id}", *arguments)


def document(host, keys, *arguments):
    return json.loads(ping(host, keys, "--json", *arguments).stdout)


@contextlib.contextmanager
def answerer(host, answers):
    """A program that answers each question with answers(question); the list of the questions so far."""
    questions = []

    def answer(question, _):
        questions.append(Signed(question))
        return answers(questions[-1])

    with answering(host, answer, GROUP, PORT):
        yield questions


@pytest.mark.parametrize("request_tag, payload, sender, sequence, trailer", VECTORS, ids=["message", "ack"])
def test_these_tests_sign_as_others_do(request_tag, payload, sender, sequence, trailer):
    bound_to = request_tag and bytes.fromhex(request_tag)
    signed = Key(1, bytes(range(32))).sign(payload, "239.255.71.29", 10000, bound_to, sender=sender, sequence=sequence,
                                           seconds=1790856000)
    assert signed == payload + bytes.fromhex(trailer)


def test_the_question_is_signed_and_stays_readable(here, there, keys):
    with answerer(there, right) as questions:
        assert ping(here, keys, "--message", "who?").returncode == 0
    question, = questions
    assert question.payload == b"who?"
    assert question.is_by(KEY, GROUP, PORT)
    assert abs(question.seconds - time.time()) < 10


def test_each_question_is_another_one_of_the_same_sender(here, there, keys):
    with answerer(there, right) as questions:
        assert ping(here, keys, "--count", 3, "--interval", "10ms", "--timeout", "50ms").returncode == 0
    first = questions[0]
    assert [(q.sender, q.sequence) for q in questions] == [(first.sender, first.sequence + i) for i in range(3)]


def test_no_two_pings_are_the_same_sender(here, there, keys):
    with answerer(there, right) as questions:
        for _ in range(2):
            assert ping(here, keys).returncode == 0
    assert questions[0].sender != questions[1].sender


def test_a_signed_answer_counts_and_is_shown_without_its_signature(here, there, keys):
    with answerer(there, right):
        outcome = ping(here, keys)
    assert outcome.returncode == 0
    assert 'received "ack" from 10.0.0.2:5001 after' in outcome.stdout
    assert ", signed by key 7\n" in outcome.stdout
    assert "nodes: 1, acks: 1, duplicates: 0, loss: 0.0 %, refused: 0\n" in outcome.stdout


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_not_rightly_signed_is_no_answer(why, here, there, keys):
    with answerer(there, REFUSED[why]):
        outcome = ping(here, keys, "--json")
    report = json.loads(outcome.stdout)
    assert (outcome.returncode, report["acks"], report["nodes"], report["refused"]) == (1, 0, [], 1)
    assert report["messages"][0]["acks"] == []
    refused, = report["messages"][0]["refused"]
    assert refused["reason"] == why.split(":")[0]
    assert (refused["address"], refused["port"], "ack" in refused["text"]) == (there.address, PORT, True)


def test_people_are_told_why(here, there, keys):
    with answerer(there, lambda question: [b"ack", *map(forged, right(question))]):
        outcome = ping(here, keys)
    told = [line.partition(" ms: ")[2] for line in outcome.stdout.splitlines() if line.startswith('refused "ack" from 10.0.0.2')]
    assert told == ["it is not signed", "its signature is wrong (key 7)"]
    assert ", refused: 2\n" in outcome.stdout
    assert outcome.stderr.startswith("Nobody answered with a right signature.")


def test_who_was_first_with_a_wrong_answer_does_not_keep_out_the_right_one(here, there, keys):
    with answerer(there, lambda question: [b"ack", *map(forged, right(question)), *right(question)]):
        report = document(here, keys)
    assert (report["acks"], report["duplicates"], report["refused"]) == (1, 0, 2)


def test_the_same_answer_a_second_time_is_refused(here, there, keys):
    with answerer(there, lambda question: right(question) * 2):
        report = document(here, keys)
    assert (report["acks"], report["duplicates"]) == (1, 0)
    assert [refused["reason"] for refused in report["messages"][0]["refused"]] == ["replay"]


def test_the_answer_to_one_message_is_none_to_the_next(here, there, keys):
    kept = []

    def the_first_again(question):
        kept[:] = kept or right(question)
        return kept

    with answerer(there, the_first_again):
        report = document(here, keys, "--count", 2, "--interval", "10ms", "--source-port", 5002)
    assert (report["acks"], [refused["reason"] for refused in report["messages"][1]["refused"]]) == (1, ["bad_mac"])


def test_the_document_tells_the_key(here, there, keys):
    with answerer(there, right):
        assert document(here, keys)["key"] == 7


def test_without_a_key_nothing_is_signed_and_everything_is_an_answer(here, there):
    with there.member(GROUP, PORT) as sock:
        asker = here.start(built("mcastctl"), "ping", f"{GROUP}:{PORT}", "--json", "--message", "who?")
        question, address = sock.recvfrom(2048)
        sock.sendto(b"ack", address)
    assert asker.process.wait() == 0
    report = json.loads(asker.output())
    assert (question, report["key"], report["refused"], report["acks"]) == (b"who?", None, 0, 1)


def test_a_hostile_answer_is_printed_as_text(here, there, keys):
    with answerer(there, lambda question: [KEY.sign(bytes(range(256)), GROUP, PORT, question.tag), bytes(range(256))]):
        outcome = ping(here, keys)
    assert all(0x20 <= ord(letter) <= 0x7e for line in outcome.stdout.split("\n") for letter in line)
    assert outcome.stdout.count(r"\x00\x01") == 2


@pytest.mark.parametrize("option", ["--json", "--expect=1"], ids=["as JSON", "for people"])
def test_a_flood_of_wrong_answers_is_counted_and_not_all_shown(option, here, there, keys):
    with answerer(there, lambda question: right(question) + [b"ack"] * FLOOD):
        outcome = ping(here, keys, option)
    assert outcome.returncode == 0
    if option == "--json":
        report = json.loads(outcome.stdout)
        shown, more, refused = len(report["messages"][0]["refused"]), report["messages"][0]["more"], report["refused"]
    else:
        shown = len(re.findall('^refused "ack"', outcome.stdout, re.M))
        more, refused = (int(re.search(told, outcome.stdout)[1]) for told in (
            r"\nand (\d+) more that are not shown\ntimed out", r", refused: (\d+)\n"))
    assert shown == SHOWN
    assert shown + more == refused <= FLOOD


def test_the_longest_signed_message_makes_a_datagram_like_the_longest_plain_one(here, there, keys):
    with there.member(GROUP, PORT) as sock:
        ping(here, keys, "--message", "x" * 1428, "--timeout", "1ms")
        assert len(sock.recv(2048)) == 1472


def test_a_message_without_room_for_the_signature_is_a_usage_error(here, keys):
    outcome = ping(here, keys, "--message", "x" * 1429)
    assert (outcome.returncode, outcome.stderr) == (
        64, "mcastctl ping: --message: 1429 bytes; at most 1428 with --key\n")


@pytest.mark.parametrize("argument", ["", ":", "7", ":7", "keys", "keys:", "keys:0", "keys:65536", "keys:07x", "keys:-1", "keys: 7"])
def test_a_key_that_is_no_file_and_id_is_a_usage_error(argument, here):
    outcome = here.run(built("mcastctl"), "ping", f"{GROUP}:{PORT}", "--key", argument)
    assert (outcome.returncode, outcome.stdout) == (64, "")
    assert f'--key: "{argument}" is not FILE:ID' in outcome.stderr


def test_the_name_of_the_file_may_have_colons(here, there, folder):
    keys = keys_file(f"{folder}/a:7:b", KEY)
    with answerer(there, right):
        assert ping(here, keys).returncode == 0


@pytest.mark.parametrize("mode, mistake", [(0o440, "mode 0440"), (0o404, "mode 0404"), (0o644, "mode 0644")])
def test_a_file_that_others_may_read_is_refused_as_the_daemon_would(mode, mistake, here, folder):
    keys = keys_file(f"{folder}/keys", KEY, mode=mode)
    outcome = ping(here, keys)
    assert (outcome.returncode, outcome.stdout) == (78, "")
    assert outcome.stderr.startswith(f"mcastctl ping: {keys}: ") and mistake in outcome.stderr


def test_a_key_that_the_file_has_not_is_told(here, folder):
    keys = keys_file(f"{folder}/keys", OTHER)
    outcome = ping(here, keys)
    assert (outcome.returncode, outcome.stderr) == (78, f"mcastctl ping: {keys}: there is no key 7\n")


def test_mcastd_answers_it(here, there, mcastd, folder, keys):
    mcastd(there, f"[DAEMON]\nKEYS = {keys}\n" + receiver(HANDLERS="ack", AUTH="enforce"))
    report = document(here, keys)
    assert (report["acks"], report["refused"]) == (1, 0)


def test_mcastd_that_wants_no_signatures_is_refused(here, there, mcastd, keys):
    mcastd(there, receiver(HANDLERS="ack"))
    report = document(here, keys)
    assert [refused["reason"] for refused in report["messages"][0]["refused"]] == ["plain"]


# --- the roster ---

def roster(host, daemon, keys, *arguments):
    return ping(host, keys, "--roster", "--socket", f"{daemon.folder}/run", *arguments)


@pytest.mark.parametrize("why", REFUSED)
def test_who_is_refused_is_not_missing_in_the_roster(why, here, there, mcastd, keys):
    daemon = mcastd(here, receiver())
    heard(daemon, there)
    with answerer(there, REFUSED[why]):
        outcome = roster(here, daemon, keys, "--json")
    assert outcome.returncode == 1
    assert json.loads(outcome.stdout)["roster"] == [
        {"address": there.address, "is": "refused", "sections": ["mcserver"], "state": "new", "reason": why.split(":")[0]}]


def test_the_table_tells_why_and_counts_who_is_what(here, there, lan, mcastd, keys):
    gone, good, stranger = lan.host(), lan.host(), lan.host()
    daemon = mcastd(here, receiver())
    for host in there, gone, good:
        heard(daemon, host, host.address.encode())
    plain = REFUSED["plain"]

    def both(question):
        return [*plain(question), *right(question)]

    with answerer(there, plain), answerer(stranger, plain), answerer(good, both):
        outcome = roster(here, daemon, keys)
    *_, head, first, second, third, last = outcome.stdout.splitlines()
    assert outcome.returncode == 1
    assert re.split("  +", head) == ["ROSTER", "ADDRESS", "SECTIONS", "STATE", "HEARD", "WHY"]
    told = [re.split("  +", line) for line in (first, second, third)]
    assert [(row[:2], row[5:]) for row in told] == [
        (["answered", good.address], []), (["refused", there.address], ["it is not signed"]),
        (["missing", gone.address], [])]
    assert last == "roster: 1 answered, 1 refused, 1 missing, 0 new (this host not counted)"


def test_ipv6(here, there, mcastd, keys):
    mcastd(there, f"[DAEMON]\nKEYS = {keys}\n" + receiver(MCAST_GROUP="ff15::1", HANDLERS="ack", AUTH="enforce"))
    outcome = here.run(built("mcastctl"), "ping", "[ff15::1]:5001", "-I", "eth0", "--timeout", "1s", "--key", f"{keys}:7")
    assert outcome.returncode == 0, outcome
