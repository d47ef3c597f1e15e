"""mcastctl doctor: what keeps a host from hearing a group, shown by a host on which it is so."""
import socket

import pytest

from daemon import built
from diagnosis import GROUP, GROUP6, ON_LINK6, PORT, UNPRIVILEGED, answering, doctor, forging
from lan import eventually


def test_on_a_healthy_lan_all_is_well(here, there):
    with answering(there.member(GROUP, PORT), statuses=True):
        diagnosis = doctor(here)
    assert diagnosis.problems == []
    assert diagnosis.severity("round-trip") == "ok"
    assert "10.0.0.2" in diagnosis.of("firewall")["text"]


@pytest.mark.parametrize("group", [GROUP6, ON_LINK6])
def test_on_a_healthy_ipv6_lan_all_is_well(group, here, there):
    with answering(there.member(group, PORT), group):
        diagnosis = doctor(here, "--interface", "eth0", group=group)
    assert diagnosis.problems == []
    assert diagnosis.severity("round-trip") == "ok"
    assert diagnosis.severity("firewall") == "ok"


def test_alone_on_the_loopback_interface_all_is_well(here):
    diagnosis = doctor(here, "--interface", "lo")
    assert diagnosis.problems == []
    assert diagnosis.severity("round-trip") == "ok"


def test_alone_on_a_lan_there_is_only_a_note(here):
    diagnosis = doctor(here, prefix=UNPRIVILEGED)
    assert diagnosis.problems == []
    assert "nobody" in diagnosis.of("firewall")["text"]


def test_an_interface_that_is_down_is_a_problem(here):
    here.ip("link set eth0 down")
    found = doctor(here, "--interface", "eth0").of("interface")
    assert (found["severity"], found["mend"]) == ("problem", "ip link set dev eth0 up")


def test_an_interface_that_is_not_there_is_a_problem(here):
    found = doctor(here, "--interface", "eth9").of("interface")
    assert (found["severity"], found["text"]) == ("problem", "there is no interface eth9")


def test_an_interface_without_multicast_is_a_problem(here):
    here.ip("link set eth0 multicast off")
    found = doctor(here, "--interface", "eth0").of("interface")
    assert (found["severity"], found["mend"]) == ("problem", "ip link set dev eth0 multicast on")


def test_an_interface_without_a_carrier_is_a_problem(here, lan):
    lan.ip("link set port1 down")
    eventually(lambda: "NO-CARRIER" in here.run("ip", "link", "show", "eth0").stdout, "eth0 to lose its carrier")
    found = doctor(here, "--interface", "eth0").of("interface")
    assert (found["severity"], "carrier" in found["text"]) == ("problem", True)


def test_an_interface_without_an_address_is_a_problem(here):
    here.ip("address flush dev eth0")
    diagnosis = doctor(here, "--interface", "eth0")
    assert [finding["check"] for finding in diagnosis.problems] == ["interface"]
    assert "IPv4 address" in diagnosis.of("interface")["text"]
    assert diagnosis.of("round-trip")["text"] == "not tried without an address"


def test_no_route_to_the_group_is_a_problem(here):
    here.ip("route del 224.0.0.0/4 dev eth0")
    found = doctor(here).of("interface")
    assert (found["severity"], found["mend"]) == ("problem", "ip route add 224.0.0.0/4 dev eth0")


def test_the_only_interface_that_the_route_could_choose_is_no_news(here):
    assert doctor(here).severity("route") == "ok"


def test_of_several_interfaces_the_others_are_told(here, second_lan):
    second_lan.plug(here, multicast_route=False)
    found = doctor(here).of("route")
    assert (found["severity"], found["text"]) == ("note", "the route chooses eth0; it could as well be eth1")


def test_a_group_of_each_link_needs_an_interface(here):
    found = doctor(here, group=ON_LINK6).of("route")
    assert (found["severity"], found["mend"]) == ("problem", f"mcastctl doctor [{ON_LINK6}%eth0]:5001")


def test_an_address_chooses_its_interface(here, second_lan):
    second_lan.plug(here, multicast_route=False)
    assert doctor(here, "--interface", "10.0.1.1").document["interface"] == "eth1"


def test_what_is_no_text_is_printed_escaped(here):
    assert r"\xff" in doctor(here, "--interface", "\udcff").of("interface")["text"]


def test_the_zone_of_a_group_is_its_interface(here):
    assert doctor(here, group=f"{ON_LINK6}%eth0").document["interface"] == "eth0"


@pytest.mark.parametrize("group, severity, text", [
    ("224.0.0.251", "note", "link-local"), ("232.1.1.1", "note", "source-specific"),
    ("239.128.0.1", "problem", "01:00:5e:00:00:01"), ("230.1.1.1", "note", "reserved"),
    ("ff32::1:1:1", "note", "source-specific"),
])
def test_the_address_of_the_group_is_looked_at(group, severity, text, here):
    found = doctor(here, "--interface", "eth0", group=group).of("group")
    assert (found["severity"], text in found["text"]) == (severity, True)


def test_a_bridge_that_snoops_without_a_querier_is_a_problem(here):
    here.ip("link add br0 type bridge mcast_snooping 1", "link set br0 up")
    found = doctor(here, "--interface", "br0").of("snooping")
    assert (found["severity"], found["mend"]) == ("problem", "ip link set dev br0 type bridge mcast_querier 1")


def test_the_bridge_of_a_port_is_looked_at(here):
    here.ip("link add br0 type bridge mcast_snooping 1", "link set br0 up", "link set eth0 master br0")
    assert doctor(here, "--interface", "eth0").severity("snooping") == "problem"


@pytest.mark.parametrize("setting", ["mcast_querier 1", "mcast_snooping 0"])
def test_a_bridge_with_a_querier_or_without_snooping_is_well(setting, here):
    here.ip("link add br0 type bridge", f"link set br0 type bridge {setting}", "link set br0 up")
    assert doctor(here, "--interface", "br0").severity("snooping") == "ok"


def test_a_querier_that_the_bridge_has_seen_will_do(here, there):
    here.ip("link add br0 type bridge mcast_snooping 1", "link set br0 up", "link set eth0 master br0")
    # A general query of IGMPv2, as from a router (RFC 2236).
    with there.entered():
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
    with sock:
        # With the router alert option, without which it does not count.
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\x94\x04\x00\x00")
        sock.sendto(b"\x11\x64\xee\x9b\x00\x00\x00\x00", ("224.0.0.1", 0))
    assert doctor(here, "--interface", "br0").severity("snooping") == "ok"


def strict(host):
    host.write("/proc/sys/net/ipv4/conf/eth0/rp_filter", "1")


def test_a_strict_filter_that_drops_a_source_is_a_problem(here, there, second_lan):
    second_lan.plug(here, multicast_route=False)
    here.ip("route add 10.9.9.0/24 dev eth1")
    strict(here)
    with forging(there, "10.9.9.9"):
        found = doctor(here).of("rp-filter")
    assert (found["severity"], "10.9.9.9" in found["text"]) == ("problem", True)
    assert found["mend"] == "sysctl -w net.ipv4.conf.eth0.rp_filter=2"


def test_what_a_strict_filter_drops_is_seen_without_privilege(here, there):
    strict(here)
    with forging(there, "10.9.9.9"):
        assert doctor(here, prefix=UNPRIVILEGED).severity("rp-filter") == "problem"


def test_a_strict_filter_that_drops_nothing_is_a_note(here, there):
    strict(here)
    with forging(there, there.address):
        assert doctor(here).severity("rp-filter") == "note"


@pytest.mark.parametrize("group, severity", [("232.1.1.1", "problem"), (GROUP, "note")])
def test_a_forced_igmp_version_matters_where_a_source_is_joined(group, severity, here):
    here.write("/proc/sys/net/ipv4/conf/eth0/force_igmp_version", "2")
    found = doctor(here, group=group).of("version")
    assert (found["severity"], found["mend"]) == (severity, "sysctl -w net.ipv4.conf.eth0.force_igmp_version=0")


def test_a_forced_mld_version_matters_where_a_source_is_joined(here):
    here.write("/proc/sys/net/ipv6/conf/all/force_mld_version", "1")
    found = doctor(here, "--interface", "eth0", group="ff35::4:1").of("version")
    assert (found["severity"], found["mend"]) == ("problem", "sysctl -w net.ipv6.conf.all.force_mld_version=0")


def test_the_limit_of_memberships_is_well(here):
    here.write("/proc/sys/net/ipv4/igmp_max_memberships", "7")
    found = doctor(here).of("memberships")
    assert (found["severity"], "7 groups" in found["text"]) == ("ok", True)


def test_it_sends_one_datagram_on_the_link_only(here, lan):
    sniffer = lan.sniff()
    doctor(here)
    here.send(b"the end", GROUP, PORT)
    assert [(packet.payload, packet.ttl) for packet in sniffer.until(b"the end")] == [(b"mcastctl doctor", 1)]


def test_a_problem_is_printed_with_what_mends_it_beneath_and_a_summary_behind(here):
    here.ip("link set eth0 multicast off")
    lines = doctor(here, "--interface", "eth0", form=None).stdout.splitlines()
    problem = next(i for i, line in enumerate(lines) if line.startswith("problem  interface"))
    assert lines[problem + 1].strip() == "ip link set dev eth0 multicast on"
    assert lines[-2] == "--- 239.1.1.1:5001 on eth0 ---"
    assert lines[-1].startswith("problems: 1, ")


def test_the_texts_of_all_findings_begin_in_the_same_column(here):
    lines = [line for line in doctor(here, form=None).stdout.splitlines() if line[0] in "onp" and "---" not in line]
    assert {line[21] for line in lines[:-1]} == {" "} and all(line[22] != " " for line in lines[:-1])


@pytest.mark.parametrize("arguments", [
    "", f"{GROUP}", f"10.0.0.1:{PORT}", f"{GROUP}:0", f"{GROUP}:{PORT} again", f"{GROUP}:{PORT} --nonsense",
    f"{GROUP}:{PORT} --source-port 0", f"{GROUP}:{PORT} --source-port 65536", f"{GROUP}:{PORT} --interface ::1",
    f"[{ON_LINK6}%eth0]:{PORT} --interface eth0", f"{GROUP}:{PORT} --interface",
])
def test_a_wrong_command_line_is_a_usage_error(arguments, here):
    outcome = here.run(built("mcastctl"), "doctor", *arguments.split())
    assert (outcome.returncode, outcome.stdout) == (64, "")
    assert outcome.stderr


def test_help_is_printed(here):
    outcome = here.run(built("mcastctl"), "doctor", "--help")
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert "--source-port" in outcome.stdout
