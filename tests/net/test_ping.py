"""mcastctl ping: the seed's echo sender, for operators and for scripts."""
import contextlib
import json
import re
import signal
import socket
import struct

import pytest

from answering import answering
from ctl import command
from daemon import built, receiver
from lan import eventually

GROUP = "239.1.1.1:5001"
# Enough for an answer on a busy machine; the default is for people who wait.
PATIENTLY = ["--timeout", "1s"]
# Many more answers than are shown, for some get lost on the way; and how many nodes are told apart.
FLOOD, SHOWN, NODES = 5000, 1000, 1024


def ping(host, *arguments):
    return host.run(built("mcastctl"), "ping", GROUP, *PATIENTLY, *arguments)


@contextlib.contextmanager
def answerer(host, answers=(b"ack",)):
    """A program that answers every question so; the list of (question, TTL) so far."""
    questions = []

    def answer(*question):
        questions.append(question)
        return answers

    with answering(host, answer):
        yield questions


def test_it_tells_who_answers_and_succeeds(here, there, mcastd):
    mcastd(there, receiver(HANDLERS="ack"))
    outcome = ping(here)
    assert outcome.returncode == 0
    assert 'received "ack" from 10.0.0.2:5001 after' in outcome.stdout


def test_it_fails_if_nobody_answers(here):
    outcome = ping(here)
    assert outcome.returncode == 1
    assert "timed out" in outcome.stdout


def test_message_count_and_ttl_are_on_the_wire(here, there):
    with answerer(there) as questions:
        assert ping(here, "--message", "who?", "--count", 3, "--interval", "10ms", "--ttl", 9).returncode == 0
    assert questions == [(b"who?", 9)] * 3


def test_by_default_it_asks_once_and_on_the_link_only(here, there):
    with answerer(there) as questions:
        assert ping(here).returncode == 0
    assert questions == [(b"very important data", 1)]


@pytest.mark.parametrize("interface", ["eth1", "10.0.1.1"])
def test_interface_chooses_the_link_by_name_and_by_address(interface, here, second_lan):
    second_lan.plug(here, multicast_route=False)
    with answerer(second_lan.host()) as questions:
        assert ping(here, "--interface", interface).returncode == 0
    assert len(questions) == 1


def test_expect_fails_below_its_number_and_succeeds_with_it(here, there, lan):
    with answerer(there):
        outcome = ping(here, "--expect", 2)
        assert outcome.returncode == 1
        assert "loss: 0.0 %, fewer nodes than --expect, 2\n" in outcome.stdout
        with answerer(lan.host()):
            outcome = ping(here, "--expect", 2)
        assert outcome.returncode == 0
        assert "--expect" not in outcome.stdout


def test_a_second_answer_of_a_node_is_marked_and_does_not_count_as_another_node(here, there):
    with answerer(there, answers=[b"ack", b"ack"]):
        outcome = ping(here, "--expect", 2)
    assert outcome.returncode == 1
    heard = [line for line in outcome.stdout.splitlines() if line.startswith("received")]
    assert ["(duplicate)" in line for line in heard] == [False, True]


def test_source_port_is_where_it_asks_from(here, there):
    with there.member("239.1.1.1", 5001) as sock:
        assert ping(here, "--source-port", 5002, "--count", 2, "--interval", "10ms").returncode == 1
        assert [sock.recvfrom(64)[1] for _ in range(2)] == [(here.address, 5002)] * 2


def test_a_source_port_that_another_program_has_is_told_and_fails(here):
    with here.udp(port=5002):
        outcome = ping(here, "--source-port", 5002)
    assert outcome.returncode == 1
    assert "Address already in use" in outcome.stderr


def test_json_agrees_with_what_happened(here, there):
    with answerer(there, answers=[b"ack", b"again"]):
        outcome = ping(here, "--json", "--count", 2, "--interval", "10ms", "--message", 'say "hi"')
    report = json.loads(outcome.stdout)
    assert (report["group"], report["port"], report["message"]) == ("239.1.1.1", 5001, 'say "hi"')
    counts = [report[key] for key in ("sent", "acks", "duplicates", "overflow", "loss_percent")]
    assert counts == [2, 2, 2, 0, 0]
    node, = report["nodes"]
    assert (node["address"], node["acks"], node["duplicates"]) == (there.address, 2, 2)
    for number, message in enumerate(report["messages"], 1):
        assert message["number"] == number
        assert [(ack["address"], ack["port"], ack["text"], ack["duplicate"]) for ack in message["acks"]] == [
            (there.address, 5001, "ack", False), (there.address, 5001, "again", True)]


def test_json_is_a_document_if_nobody_answers(here):
    outcome = ping(here, "--json")
    report = json.loads(outcome.stdout)
    assert (report["acks"], report["nodes"], outcome.returncode) == (0, [], 1)


def test_a_hostile_answer_is_printed_as_text(here, there):
    with answerer(there, answers=[bytes(range(256))]):
        printed, document = ping(here).stdout, ping(here, "--json").stdout
    assert all(0x20 <= ord(letter) <= 0x7e for line in printed.split("\n") for letter in line)
    assert json.loads(document)["messages"][0]["acks"][0]["text"].startswith(r"\x00\x01")


def test_what_tells_nothing_new_is_counted_and_not_shown_beyond_its_limit(here, there):
    with answerer(there, answers=[b"ack"] * FLOOD):
        report = json.loads(ping(here, "--json", "--count", 2, "--interval", "10ms").stdout)
        printed = ping(here).stdout
    messages = report["messages"]
    shown = sum(ack["duplicate"] for message in messages for ack in message["acks"])
    assert shown == SHOWN
    assert shown + sum(message["more"] for message in messages) == report["duplicates"] > SHOWN
    assert [ack["duplicate"] for ack in messages[1]["acks"]] == [False]
    assert printed.count("(duplicate)") == SHOWN
    more, duplicates = (int(re.search(told, printed)[1]) for told in (
        r"\nand (\d+) more that are not shown\ntimed out", r", duplicates: (\d+),"))
    assert more == duplicates - SHOWN


def test_whoever_seems_to_be_thousands_of_nodes_fills_no_list_with_them(here, there, mcastd):
    daemon = mcastd(here, receiver())
    with there.member("239.1.1.1", 5001) as sock:
        asker = here.start(*command(daemon, f"ping {GROUP} --timeout 60s --roster --json"))
        answer_as_strangers(there, here, sock.recvfrom(64)[1])
        asker.process.send_signal(signal.SIGINT)
        assert asker.process.wait() == 0
    report = json.loads(asker.output())
    message, = report["messages"]
    assert len(report["nodes"]) == len(report["roster"]) == NODES
    assert len(message["acks"]) == NODES + SHOWN
    assert NODES + SHOWN + message["more"] == report["acks"] + report["overflow"]


def answer_as_strangers(host, asking, asker):
    """From more addresses than nodes are told apart, and no faster than they are taken."""
    for device in "all", "eth0":
        asking.write(f"/proc/sys/net/ipv4/conf/{device}/rp_filter", "0")
    with host.entered(), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        for i in range(FLOOD):
            head = struct.pack("!BBHHHBBHI4s", 0x45, 0, 31, 0, 0, 9, socket.IPPROTO_UDP, 0, (11 << 24) + i,
                               socket.inet_aton(asker[0]))
            sock.sendto(head + struct.pack("!HHHH", 5001, asker[1], 11, 0) + b"ack", asker)
            if i % 100 == 99:
                eventually(lambda: not queued(asking, asker[1]), "the answers to be taken")


def queued(host, port):
    """Whether something waits at the socket that is bound to that port."""
    return any(int(line.split()[4].split(":")[1], 16) for line in host.read("/proc/net/udp").splitlines()[1:]
               if line.split()[1].endswith(f":{port:04X}"))


def test_an_answer_after_the_timeout_is_not_taken_for_one_to_the_next_message(here, there):
    with there.member("239.1.1.1", 5001) as sock:
        asker = here.start(built("mcastctl"), "ping", GROUP, "--timeout", "200ms", "--count", 2)
        _, first_asker = sock.recvfrom(64)
        sock.recvfrom(64)
        sock.sendto(b"ack", first_asker)
    assert asker.process.wait() == 1
    assert asker.lines("acks: 0")


def test_a_message_that_cannot_be_sent_is_told_and_fails(here):
    here.ip("route del 224.0.0.0/4 dev eth0")
    outcome = ping(here)
    assert outcome.returncode == 1
    assert "cannot send to 239.1.1.1:5001: there is no route to 239.1.1.1; --interface would do without" in outcome.stderr


@pytest.mark.parametrize("arguments", [
    "", "--nonsense", "nonsense", "ping", "ping 239.1.1.1", "ping 10.0.0.1:5001", "ping 239.1.1.1:0",
    "ping 239.1.1.1:65536", f"ping {GROUP} {GROUP}", f"ping {GROUP} --nonsense", f"ping {GROUP} --count 0",
    f"ping {GROUP} --count 1x", f"ping {GROUP} --timeout soon", f"ping {GROUP} --ttl 256",
    f"ping {GROUP} --expect -1", f"ping {GROUP} --message", f"ping {GROUP} --source-port 0",
    f"ping {GROUP} --source-port 65536",
])
def test_a_wrong_command_line_is_a_usage_error(arguments, here):
    outcome = here.run(built("mcastctl"), *arguments.split())
    assert outcome.returncode == 64
    assert outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize("arguments", ["--help", "--version", "ping --help"])
def test_a_question_about_itself_is_answered(arguments, here):
    outcome = here.run(built("mcastctl"), *arguments.split())
    assert outcome.returncode == 0
    assert "mcastctl" in outcome.stdout
    assert outcome.stderr == ""
