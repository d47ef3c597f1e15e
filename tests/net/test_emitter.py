"""What an emitter sends: where, when, with which marks, and what it says when it cannot."""
import re
import signal
import time
from datetime import datetime, timedelta

from daemon import emitter
from interfaces import held
from lan import drain, eventually

OFTEN = {"INTERVAL": "50ms"}
SHORT, ENOUGH = "^acks .*fewer than EXPECT_ACKS", "^acks .*enough again"


def test_the_configured_interface_is_used_though_the_route_points_elsewhere(here, lan, second_lan, mcastd):
    second_lan.plug(here, multicast_route=False)
    wire, beyond = lan.sniff(), second_lan.host().member("239.1.1.1", 5001)
    mcastd(here, emitter(INTERFACE="eth1", MESSAGE="{seq}", **OFTEN))
    for _ in range(3):
        assert beyond.recvfrom(64)[1][0] == "10.0.1.1"
    here.send(b"end", "239.9.9.9", 9)
    assert wire.until(b"end") == []


def test_the_configured_address_names_the_interface(here, lan, second_lan, mcastd):
    second_lan.plug(here, multicast_route=False)
    wire, beyond = lan.sniff(), second_lan.host().member("239.1.1.1", 5001)
    mcastd(here, emitter(INTERFACE=None, IP_ADDRESS="10.0.1.1", **OFTEN))
    for _ in range(3):
        assert beyond.recvfrom(64)[1][0] == "10.0.1.1"
    here.send(b"end", "239.9.9.9", 9)
    assert wire.until(b"end") == []


def test_ttl_and_dscp_are_on_the_wire(here, lan, mcastd):
    wire = lan.sniff()
    mcastd(here, emitter(TTL=7, DSCP=46, MESSAGE="marked"))
    packet = wire.next()
    assert (packet.payload, packet.ttl, packet.tos) == (b"marked", 7, 46 << 2)


def test_by_default_it_stays_on_the_link_and_has_no_mark(here, lan, mcastd):
    wire = lan.sniff()
    mcastd(here, emitter(MESSAGE="plain"))
    packet = wire.next()
    assert (packet.payload, packet.ttl, packet.tos) == (b"plain", 1, 0)


def test_loop_no_is_not_heard_on_the_own_host(here, there, mcastd):
    own, other = here.member("239.1.1.1", 5001), there.member("239.1.1.1", 5001)
    mcastd(here, emitter(LOOP="no", MESSAGE="beat", **OFTEN))
    for _ in range(3):
        assert other.recv(64) == b"beat"
    here.send(b"end", "239.1.1.1", 5001)
    assert own.recv(64) == b"end"


def test_loop_yes_is_heard_on_the_own_host(here, mcastd):
    own = here.member("239.1.1.1", 5001)
    mcastd(here, emitter(LOOP="yes", MESSAGE="beat", **OFTEN))
    assert own.recv(64) == b"beat"


def test_placeholders_are_filled_in(here, there, mcastd):
    heard = there.member("239.1.1.1", 5001)
    message = "{node} {seq} {uptime} {boot} {utc} {{}}"
    mcastd(here, "[DAEMON]\nNODE = fan-7\n" + emitter(MESSAGE=message, **OFTEN))
    messages = [heard.recv(256).decode() for _ in range(2)]
    form = r"fan-7 (\d+) \d+ ([0-9a-f]{16}) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \{\}"
    (first, boot), (second, boot_again) = (re.fullmatch(form, message).groups() for message in messages)
    assert int(second) == int(first) + 1
    assert boot == boot_again


def test_missed_beats_are_not_caught_up_in_a_burst(here, there, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="{time}", **OFTEN))
    heard.recv(64)
    daemon.process.send_signal(signal.SIGSTOP)
    time.sleep(1)
    drain(heard)
    daemon.process.send_signal(signal.SIGCONT)
    stamps = [datetime.fromisoformat(heard.recv(64).decode()) for _ in range(11)]
    # Ten beats of 50 ms, were none late; a burst of the twenty that were missed would take no time at all.
    assert stamps[-1] - stamps[0] > timedelta(milliseconds=300)
    daemon.wait_for("^messages skipped: ")


def test_a_shortfall_of_acks_is_told_once_when_it_begins_and_once_when_it_ends(here, there, mcastd, seed):
    # With the default interval even a busy machine acks in time.
    daemon = mcastd(here, emitter(EXPECT_ACKS=1))
    daemon.wait_for('^sent "', count=3)
    assert len(daemon.lines(SHORT)) == 1
    seed(there, "acking_receiver", group="239.1.1.1", port=5001)
    daemon.wait_for(ENOUGH)
    daemon.wait_for('^sent "', count=len(daemon.lines('^sent "')) + 1)
    assert (len(daemon.lines(SHORT)), len(daemon.lines(ENOUGH))) == (1, 1)


def test_acks_for_which_there_was_no_room_are_counted_and_told(here, there, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(EXPECT_ACKS=1, **OFTEN))
    source = heard.recvfrom(64)[1]
    with held(daemon):
        for _ in range(3000):
            heard.sendto(b"ack", source)
    daemon.wait_for("^the kernel drops datagrams .acks that came all at once; see ACK_SPREAD")
    told = [int(line.split()[12]) for line in here.read("/proc/net/udp").splitlines() if f":{source[1]:04X} " in line]
    assert told[0] > 0 and len(told) == 1
    daemon.wait_for_counters("mcclient", dropped_kernel=told[0])


def test_a_message_that_has_not_had_its_time_is_not_judged(here, mcastd):
    daemon = mcastd(here, emitter(EXPECT_ACKS=1, INTERVAL="1h"))
    daemon.wait_for('^sent "')
    assert daemon.stop() == 0
    assert not daemon.lines(SHORT)


def test_a_shortfall_of_acks_ends_with_its_section(here, mcastd):
    other = emitter("MCCLIENT.other", MCAST_GROUP="239.1.1.2")
    daemon = mcastd(here, emitter(EXPECT_ACKS=1, **OFTEN) + other)
    daemon.wait_for(SHORT)
    daemon.reload(other)
    assert len(daemon.wait_for("^messages with fewer acks than EXPECT_ACKS: [1-9]")) == 1


def test_a_shortfall_of_acks_ends_when_none_are_expected_any_more(here, mcastd):
    daemon = mcastd(here, emitter(EXPECT_ACKS=1, **OFTEN))
    daemon.wait_for(SHORT)
    daemon.reload(emitter(EXPECT_ACKS=0, **OFTEN))
    daemon.wait_for(ENOUGH)
    daemon.stop()
    assert (len(daemon.lines(SHORT)), len(daemon.lines(ENOUGH))) == (1, 1)


def test_a_shortfall_of_acks_that_comes_back_ends_after_a_quiet(here, mcastd):
    """Of ten seconds. The first one ends at once: when the next message is due."""
    few, enough = emitter(EXPECT_ACKS=1, **OFTEN), emitter(EXPECT_ACKS=0, **OFTEN)
    daemon = mcastd(here, few)
    daemon.wait_for(SHORT)
    daemon.reload(enough)
    daemon.wait_for(ENOUGH)
    told = daemon.lines(f'^reloaded|{ENOUGH}|^sent "')
    assert re.search(ENOUGH, told[[line.split()[0] for line in told].index("reloaded") + 1])
    daemon.reload(few)
    daemon.wait_for(SHORT, 2)
    failing, before = time.monotonic(), daemon.counters("mcclient")["messages_short"]
    eventually(lambda: daemon.counters("mcclient")["messages_short"] > before, "one more with too few")
    daemon.reload(enough)
    told = daemon.wait_for(ENOUGH, 2)
    assert time.monotonic() - failing >= 10
    assert len(told) == len(daemon.lines(SHORT)) == 2
    assert sum(int(line.split()[-1]) for line in told) == daemon.counters("mcclient")["messages_short"]


def test_a_link_that_is_down_is_told_once_and_once_when_it_is_up_again(here, there, mcastd):
    daemon = mcastd(here, emitter(**OFTEN))
    daemon.wait_for('^sent "')
    here.ip("link set eth0 down")
    daemon.wait_for("^waiting to send to 239.1.1.1:5001: eth0 is down$")
    here.ip("link set eth0 up")
    daemon.wait_for("^sending to 239.1.1.1:5001 on eth0 every 50ms$", 2)
    with there.member("239.1.1.1", 5001) as heard:
        heard.recv(64)
    assert (len(daemon.lines("^waiting ")), len(daemon.lines("^sending .* every "))) == (1, 2)


def test_a_missing_route_is_told_once_and_once_when_it_is_there_again(here, there, mcastd):
    daemon = mcastd(here, emitter(INTERFACE=None, **OFTEN))
    daemon.wait_for('^sent "')
    here.ip("route del 224.0.0.0/4 dev eth0")
    daemon.wait_for("^waiting to send to 239.1.1.1:5001: there is no route to 239.1.1.1; INTERFACE would do without$")
    here.ip("route add 224.0.0.0/4 dev eth0")
    daemon.wait_for("^sending to 239.1.1.1:5001 on eth0 every 50ms$", 2)
    with there.member("239.1.1.1", 5001) as heard:
        heard.recv(64)
    assert (len(daemon.lines("^waiting ")), len(daemon.lines("^sending .* every "))) == (1, 2)
