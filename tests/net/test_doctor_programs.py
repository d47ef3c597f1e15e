"""mcastctl doctor: other programs on the port, and firewalls that drop what comes."""
import socket
import struct

import pytest

from daemon import receiver
from diagnosis import (ASKING_PORT, GROUP, GROUP6, LET_ACKS_IN, PORT, SILENT, STATEFUL, UNPRIVILEGED, answering, doctor,
                       forging, hold, in_background, nft, ping)


@pytest.mark.parametrize("address", [GROUP, "0.0.0.0", "::"])
def test_a_program_that_has_the_port_is_named(address, here):
    program = hold(here, address)
    found = doctor(here).of("port")
    assert found["severity"] == "problem"
    assert f"holder (process {program.process.pid} of user root) has " in found["text"]
    assert found["mend"] == "ss -ulnp 'sport = :5001'"


def test_a_program_that_has_the_ipv6_port_is_named(here):
    hold(here, "::")
    found = doctor(here, "--interface", "eth0", group=GROUP6).of("port")
    assert (found["severity"], "holder" in found["text"]) == ("problem", True)


def test_a_program_that_would_share_the_port_asks_for_share_any(here):
    hold(here, "0.0.0.0", "SO_REUSEADDR")
    found = doctor(here).of("port")
    assert (found["severity"], found["mend"].split(",")[0]) == ("problem", "SHARE = any")


def test_a_program_on_another_address_of_the_port_is_not_in_the_way(here):
    hold(here, here.address)
    found = doctor(here).of("port")
    assert (found["severity"], "holder" in found["text"]) == ("ok", True)


def test_a_program_that_cannot_be_seen_is_said_to_be_there(here):
    hold(here, "0.0.0.0")
    found = doctor(here, prefix=UNPRIVILEGED).of("port")
    assert (found["severity"], "by root only" in found["text"]) == ("note", True)
    assert found["mend"] == "sudo ss -ulnp 'sport = :5001'"


def test_a_running_mcastd_is_well_also_without_privilege(here, mcastd):
    mcastd(here, receiver())
    assert doctor(here, prefix=UNPRIVILEGED).problems == []


def test_the_name_of_a_program_is_printed_as_text(here):
    hold(here, "0.0.0.0", name="\x1b[31m\n\\")
    outcome = doctor(here, form=None)
    assert r"\x1b[31m\x0a\x5c (process" in outcome.stdout
    assert "\x1b" not in outcome.stdout


def test_a_port_that_somebody_has_does_not_keep_root_from_listening(here, there):
    hold(here, GROUP)
    with answering(there.member(GROUP, PORT), statuses=True):
        diagnosis = doctor(here)
    assert diagnosis.severity("round-trip") == "ok"
    assert [finding["check"] for finding in diagnosis.problems] == ["port"]


def test_a_mcastd_that_keeps_the_port_to_itself_is_well(here):
    hold(here, GROUP, name="mcastd")
    diagnosis = doctor(here)
    assert diagnosis.problems == []
    assert diagnosis.severity("round-trip") == "ok"


def test_a_running_mcastd_is_well_and_a_member(here, mcastd):
    mcastd(here, receiver())
    diagnosis = doctor(here)
    assert diagnosis.problems == []
    assert "mcastd (process" in diagnosis.of("port")["text"]
    assert diagnosis.severity("member") == "ok"


def test_memberships_are_told_also_of_other_groups_on_the_port(here):
    with here.member(GROUP, PORT), here.member("239.1.1.2", PORT):
        found = doctor(here).of("member")
    assert found["severity"] == "ok"
    assert found["text"].endswith("on eth0, by 1 socket; on port 5001 also of 239.1.1.2")


@pytest.mark.parametrize("group, source", [(GROUP, "10.0.0.77"), (GROUP6, "fd00::77")])
def test_sources_of_a_member_are_told(group, source, here, mcastd):
    mcastd(here, receiver(MCAST_GROUP=group, SOURCES=source))
    found = doctor(here, "--interface", "eth0", group=group).of("member")
    assert found["severity"] == "ok"
    assert found["text"].endswith(f"on eth0, by 1 socket, from {source} only")


def test_whoever_sends_and_is_no_source_is_told(here, there, mcastd):
    mcastd(here, receiver(SOURCES="10.0.0.77"))
    with answering(there.member(GROUP, PORT), statuses=True):
        found = doctor(here).of("member")
    assert found["severity"] == "problem"
    assert found["text"] == "10.0.0.2 sends to the group, and is not among them: see SOURCES"


def test_to_be_no_member_is_a_note(here):
    assert doctor(here).severity("member") == "note"


def test_while_the_interface_is_down_no_socket_is_expected(here):
    here.ip("link set eth0 down")
    diagnosis = doctor(here, "--interface", "eth0")
    assert "mcastd closes its own while the interface is down" in diagnosis.of("member")["text"]
    assert "mcastd closes its own while the interface is down" in diagnosis.of("port")["text"]


def test_a_firewall_that_drops_the_group_is_a_problem(here):
    nft(here, STATEFUL.replace("5001", "4999"))
    found = doctor(here).of("round-trip")
    assert found["severity"] == "problem"
    assert found["mend"] == "nft insert rule inet filter input ip daddr 239.1.1.1 udp dport 5001 accept"


def test_a_firewall_that_lets_nothing_out_is_a_problem(here):
    nft(here, SILENT)
    assert "Operation not permitted (a firewall of this host?)" in doctor(here).of("round-trip")["text"]
    assert "Operation not permitted (a firewall of this host?)" in ping(here).stderr


def test_a_stateful_firewall_that_drops_acks_is_found(here, there):
    nft(here, STATEFUL)
    with answering(there.member(GROUP, PORT), statuses=True):
        found = doctor(here).of("firewall")
    assert found["severity"] == "problem"
    assert "acks reach eth0 (from 10.0.0.2), and this host drops them" in found["text"]


def test_a_stateful_firewall_that_drops_acks_is_found_with_ipv6(here, there):
    nft(here, STATEFUL)
    with answering(there.member(GROUP6, PORT), GROUP6):
        found = doctor(here, "--interface", "eth0", group=GROUP6).of("firewall")
    assert found["severity"] == "problem"
    assert f"acks reach eth0 (from {there.address6}), and this host drops them" in found["text"]


def test_without_privilege_it_is_told_that_statuses_are_heard_and_acks_are_not(here, there):
    nft(here, STATEFUL)
    with answering(there.member(GROUP, PORT), statuses=True):
        found = doctor(here, prefix=UNPRIVILEGED).of("firewall")
    assert (found["severity"], "statuses are heard (10.0.0.2), acks are not" in found["text"]) == ("problem", True)


def test_a_source_port_and_its_rule_let_acks_in(here, there):
    nft(here, STATEFUL)
    with answering(there.member(GROUP, PORT), statuses=True):
        mend = doctor(here).of("firewall")["mend"]
        assert mend == f"nft {LET_ACKS_IN}"
        assert ping(here, "--source-port", ASKING_PORT).returncode == 1
        nft(here, LET_ACKS_IN)
        assert ping(here).returncode == 1
        assert ping(here, "--source-port", ASKING_PORT).returncode == 0
        assert doctor(here, "--source-port", ASKING_PORT).problems == []


def test_where_nobody_acks_the_firewall_is_not_to_blame(here, there):
    with forging(there, there.address):
        found = doctor(here).of("firewall")
    assert (found["severity"], "no ack reaches eth0" in found["text"]) == ("note", True)


def test_who_sends_from_no_address_is_not_heard(here, there):
    datagram = struct.pack("!BBHHHBBH4s4sHHHH", 0x45, 0, 31, 0, 0, 1, socket.IPPROTO_UDP, 0, bytes(4),
                           socket.inet_aton(GROUP), 4711, PORT, 11, 0) + b"ATU"
    with there.entered():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        sock.bind(("eth0", 0x0800))
    with sock, in_background(lambda: sock.sendto(datagram, ("eth0", 0x0800, 0, 0, b"\x01\x00\x5e\x01\x01\x01"))):
        assert "nobody else was heard" in doctor(here).of("firewall")["text"]


def test_a_source_port_that_is_taken_is_a_problem(here):
    with here.udp(port=ASKING_PORT):
        assert "Address already in use" in doctor(here, "--source-port", ASKING_PORT).of("round-trip")["text"]
