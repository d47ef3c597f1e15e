"""Whom a receiver hears: who is there, has gone, is back, was started anew, or has a wrong clock."""
import os
import re
import signal
import time

import pytest

from control import Client, ask, ask_all
from daemon import emitter, receiver
from faults import injected
from figures import report
from flood import BATCH, Flood, packed, strangers
from interfaces import held, memory
from lan import destination, eventually
from test_clock import STOPPED, TimeOfDay

UP = r"^10\.0\.0\.2 is up"
DOWN = r"^10\.0\.0\.2 is down: not heard for [0-9]+\.[0-9] s$"
BACK = r"^10\.0\.0\.2 is back after [0-9]+\.[0-9] s$"
ANEW = r"^10\.0\.0\.2 was started anew: boot=([0-9a-f]{16}), was ([0-9a-f]{16})$"
CLOCK = "^the clock of "
# The daemons of these tests speak often; but a machine that stands still holds them up.
OFTEN = {"INTERVAL": "50ms", "MESSAGE": "ATU {utc} seq={seq} boot={boot}"}
PATIENT = {"DEAD_AFTER": "1s"}


def peers_of(daemon, section="mcserver"):
    """What the daemon knows of each, by address."""
    return {peer["address"]: peer for peer in ask_all(daemon, "peers", "peers", section=section)[0]}


def acks_of(daemon):
    return {source["address"]: source for source in ask(daemon, "peers", section="mcclient")["acks"]}


def wait_for_more(daemon, count, section="mcserver"):
    """It has received so many more datagrams."""
    enough = daemon.counters(section)["received"] + count
    eventually(lambda: daemon.counters(section)["received"] >= enough, f"{count} more datagrams")


def wait_for_sent(daemon, count):
    enough = daemon.counters("mcclient")["sent"] + count
    eventually(lambda: daemon.counters("mcclient")["sent"] >= enough, f"{count} more messages")


# --- there, gone, back ---

def test_a_peer_that_dies_is_told_to_be_down_once_and_to_be_back_once(here, there, mcastd):
    daemon = mcastd(here, receiver(**PATIENT))
    first = mcastd(there, emitter(**OFTEN))
    daemon.wait_for(UP + ", heard for the first time$")
    first.stop(signal.SIGKILL)
    daemon.wait_for(DOWN)
    assert peers_of(daemon)["10.0.0.2"]["state"] == "down"
    mcastd(there, emitter(**OFTEN))
    daemon.wait_for(BACK)
    daemon.wait_for(ANEW)
    wait_for_more(daemon, 30)
    assert [len(daemon.lines(what)) for what in (UP, DOWN, BACK, ANEW)] == [1, 1, 1, 1]
    known, = peers_of(daemon).values()
    assert (known["state"], known["restarts"]) == ("up", 1)


def test_a_peer_that_is_started_anew_without_a_pause_is_told_once_by_its_boots(here, there, mcastd):
    daemon = mcastd(here, receiver(DEAD_AFTER="1m"))
    boots = []
    for _ in range(2):
        sender = mcastd(there, emitter(**OFTEN))
        before = daemon.counters("mcserver")["received"]
        eventually(lambda: daemon.counters("mcserver")["received"] > before + 3, "the peer to be heard")
        boots.append(peers_of(daemon)["10.0.0.2"]["boot"])
        sender.stop()
    assert re.search(ANEW, daemon.wait_for("was started anew")[0]).groups() == (boots[1], boots[0])
    assert len(daemon.lines("was started anew")) == 1
    assert not daemon.lines(DOWN)


def test_without_dead_after_a_peer_is_down_after_three_of_its_intervals(here, there, mcastd):
    daemon = mcastd(here, receiver())
    sender = mcastd(there, emitter(INTERVAL="700ms"))
    eventually(lambda: peers_of(daemon).get("10.0.0.2", {}).get("state") == "up", "the peer to be established")
    sender.stop()
    said, = daemon.wait_for(DOWN)
    assert float(re.search(r"([0-9.]+) s$", said)[1]) >= 2.0
    assert peers_of(daemon)["10.0.0.2"]["interval_s"] >= 0.6


def test_whoever_watches_is_told_of_a_peer_that_is_down(here, there, mcastd):
    daemon = mcastd(here, receiver(DEAD_AFTER="200ms"))
    with Client(daemon) as client:
        assert client.ask("watch")["ok"]
        there.send(b"once", "239.1.1.1", 5001)
        for kind, level in ("peer-up", "notice"), ("peer-down", "warning"):
            event = client.event(kind)
            assert event["level"] == level
            assert event["fields"] == {"section": "mcserver", "group": "239.1.1.1", "port": "5001", "peer": "10.0.0.2"}


def test_one_address_on_two_links_is_two_peers(here, there, second_lan, mcastd):
    second_lan.plug(here, multicast_route=False)
    beyond = second_lan.host()
    daemon = mcastd(here, receiver(MCAST_GROUP="ff02::7:7")
                    + receiver("MCSERVER.b", MCAST_GROUP="ff02::7:7", INTERFACE="eth1"))
    for host in there, beyond:
        host.ip("address add fe80::7/64 dev eth0 nodad")
        with host.udp("fe80::7%eth0") as sock, host.entered():
            sock.sendto(b"hello", destination("ff02::7:7%eth0", 5001))
    daemon.wait_for(r"^fe80::7%eth0 is up")
    daemon.wait_for(r"^fe80::7%eth1 is up")
    assert ask(daemon, "forget", peer="fe80::7")["ok"] is False
    assert ask(daemon, "forget", peer="fe80::7%eth1") == {"version": 1, "ok": True, "forgotten": 1}
    assert list(peers_of(daemon)) == ["fe80::7%eth0"]
    assert not peers_of(daemon, "mcserver.b")


# --- what its messages tell ---

def test_what_is_lost_late_or_twice_is_counted_to_the_last(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", ACK_RATE="unlimited"))
    with there.udp() as sock:
        for number in 1, 2, 5, 4, 4, 9, 10:
            sock.sendto(b"hello seq=%d" % number, ("239.1.1.1", 5001))
            assert sock.recv(64) == b"ack"
    known, = peers_of(daemon).values()
    assert {name: known[name] for name in ("datagrams", "sequence", "lost", "reordered", "duplicates", "restarts")} == \
        {"datagrams": 7, "sequence": 10, "lost": 4, "reordered": 1, "duplicates": 1, "restarts": 0}
    assert known["payload"] == "hello seq=10"


def test_what_the_network_loses_of_a_senders_messages_is_counted(here, there, mcastd):
    daemon = mcastd(here, receiver(DEAD_AFTER="1m"))
    sender = mcastd(there, emitter(**OFTEN))
    daemon.wait_for(UP)
    assert here.run("nft", "add table ip t; add chain ip t out { type filter hook prerouting priority 0; };"
                     "add rule ip t out ip daddr 239.1.1.1 counter drop").returncode == 0
    wait_for_sent(sender, 10)
    dropped = here.run("nft", "-j", "list", "table", "ip", "t").stdout
    assert here.run("nft", "delete", "table", "ip", "t").returncode == 0
    wait_for_more(daemon, 3)
    known, = peers_of(daemon).values()
    assert known["lost"] >= int(re.search(r'"packets": (\d+)', dropped)[1]) >= 10
    assert known["lost"] + known["datagrams"] <= known["sequence"]
    assert (known["reordered"], known["duplicates"]) == (0, 0)


@pytest.mark.parametrize("now", ["{time}", "{utc}"])
def test_a_clock_that_is_wrong_is_told_once_and_once_when_it_is_right(now, here, there, folder, mcastd):
    zone = {"TZ": "EAST-5:30"}
    daemon = mcastd(here, receiver(CLOCK_SKEW="10s", **PATIENT), **zone)
    time_of_day = TimeOfDay(folder)
    mcastd(there, emitter(INTERVAL="50ms", MESSAGE=f"ATU {now}"), **zone, **time_of_day.environment)
    daemon.wait_for(UP)
    wait_for_more(daemon, 3)
    assert not daemon.lines(CLOCK)
    assert abs(peers_of(daemon)["10.0.0.2"]["clock_s"]) < 5
    time_of_day.step("+1h")
    said, = daemon.wait_for(CLOCK)
    assert re.search(r"^the clock of 10\.0\.0\.2 is 3[56]\d\d\.\d{3} s ahead of ours, more than CLOCK_SKEW, 10s$", said)
    wait_for_more(daemon, 10)
    assert peers_of(daemon)["10.0.0.2"]["clock_wrong"]
    time_of_day.step("+0")
    daemon.wait_for("^the clock of 10.0.0.2 is right again$")
    wait_for_more(daemon, 10)
    assert len(daemon.lines(CLOCK)) == 2
    assert not peers_of(daemon)["10.0.0.2"]["clock_wrong"]


@pytest.mark.parametrize("text", ["0000-01-01 00:00:00.000000", "1677-09-21 00:12:44.000000", "2262-04-11T23:47:16.854775Z",
                                  "9999-12-31T23:59:60.999999Z"])
def test_any_time_may_be_named(text, here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", CLOCK_SKEW="1s"))
    assert there.ask(f"ATU {text}".encode(), "239.1.1.1", 5001)[0][0] == b"ack"
    assert peers_of(daemon)["10.0.0.2"]["clock_wrong"] == (1000 < int(text[:4]) < 9000)


def test_whoever_names_another_boot_and_time_each_time_does_not_fill_the_log(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", CLOCK_SKEW="1s", ACK_RATE="unlimited", ACK_TOTAL="unlimited"))
    with there.udp() as sock:
        for number in range(1, 501):
            year = 2000 + number % 2 * 100
            sock.sendto(b"ATU %d-01-01T00:00:00.000000Z boot=%x" % (year, number), ("239.1.1.1", 5001))
            assert sock.recv(64) == b"ack"
    assert peers_of(daemon)["10.0.0.2"]["restarts"] == 499
    told = len(daemon.lines("was started anew"))
    assert told < 499
    assert told + daemon.counters("mcserver")["peers_untold"] == 499


# --- it goes on as before ---

def test_a_reload_of_peers_and_dead_after_keeps_the_peers(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", ACK_RATE="unlimited"))
    for number, keys in enumerate([{"PEERS": "2"}, {"PEERS": "1", "DEAD_AFTER": "1h"}, {"PEERS": "100000", "DEAD_AFTER": "1m"}]):
        there.ask(b"hello", "239.1.1.1", 5001)
        assert ": 0 kept, 1 retuned" in daemon.reload(receiver(HANDLERS="ack", ACK_RATE="unlimited", **keys))
        assert peers_of(daemon)["10.0.0.2"]["datagrams"] == number + 1
    there.ask(b"hello", "239.1.1.1", 5001)
    assert peers_of(daemon)["10.0.0.2"]["datagrams"] == 4
    assert len(daemon.lines(UP)) == 1


def test_another_dead_after_counts_at_once(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", DEAD_AFTER="1h"))
    there.ask(b"hello", "239.1.1.1", 5001)
    daemon.reload(receiver(HANDLERS="ack", DEAD_AFTER="100ms"))
    daemon.wait_for(DOWN)


def assert_nobody_was_missed(daemon):
    assert not daemon.lines(f"{DOWN}|{BACK}")
    assert not daemon.lines(CLOCK)
    assert {peer["state"] for peer in peers_of(daemon).values()} == {"up"}


def test_what_came_while_it_was_stopped_came_in_time(here, there, mcastd):
    daemon = mcastd(here, receiver(CLOCK_SKEW="1s", **PATIENT))
    sender = mcastd(there, emitter(**OFTEN))
    wait_for_more(daemon, 5)
    with held(daemon):
        wait_for_sent(sender, 60)
    wait_for_more(daemon, 30)
    assert_nobody_was_missed(daemon)
    # Not the time for which it was stopped.
    assert peers_of(daemon)["10.0.0.2"]["interval_s"] < 2


def test_what_came_while_it_was_stopped_came_in_time_even_if_nobody_had_asked_when(here, there, mcastd):
    """Of datagrams that follow each other closely the kernel is not asked when they came."""
    daemon = mcastd(here, receiver(CLOCK_SKEW="1s", **PATIENT))
    sender = mcastd(there, emitter(**OFTEN))
    wait_for_more(daemon, 5)
    with injected(daemon, here, "setsockopt:error=EPERM:when=1000") as strace, there.udp() as sock:
        def asked_no_more():
            send_many(there, sock, 4000)
            return strace.lines(r"SO_TIMESTAMPNS\w*, \[0\]")
        eventually(asked_no_more, "that it is not asked when datagrams came")
        with held(daemon):
            wait_for_sent(sender, 60)
        strace.wait_for(r"SO_TIMESTAMPNS\w*, \[1\]")
    wait_for_more(daemon, 30)
    assert_nobody_was_missed(daemon)
    assert peers_of(daemon)["10.0.0.2"]["interval_s"] < 2


def send_many(host, sock, count):
    with host.entered():
        for _ in range(count):
            sock.sendto(b"x", ("239.1.1.1", 5001))


@pytest.mark.parametrize("count", STOPPED)
def test_a_peer_whose_messages_were_dropped_while_it_was_stopped_is_not_down(count, here, there, lan, mcastd):
    noise = lan.host()
    daemon = mcastd(here, receiver(RECEIVE_BUFFER="4K", CLOCK_SKEW="1s", **PATIENT))
    sender = mcastd(there, emitter(**OFTEN))
    wait_for_more(daemon, 5)
    with held(daemon):
        for _ in range(100):
            noise.send(b"x", "239.1.1.1", 5001)
        for _ in range(count // 60):
            wait_for_sent(sender, 60)
    wait_for_sent(sender, 30)
    assert peers_of(daemon)["10.0.0.2"]["lost"] > count - 20
    assert not daemon.lines(DOWN)


def test_a_peer_that_is_last_in_a_long_queue_is_not_down(here, there, lan, mcastd):
    noise = lan.host()
    daemon = mcastd(here, receiver(DEAD_AFTER="500ms"))
    witness = mcastd(noise, emitter(PORT=5009, **OFTEN))
    there.send(b"hello", "239.1.1.1", 5001)
    daemon.wait_for(UP)
    with held(daemon):
        for _ in range(150):
            noise.send(b"x", "239.1.1.1", 5001)
        wait_for_sent(witness, 8)
        there.send(b"hello", "239.1.1.1", 5001)
        wait_for_sent(witness, 4)
    daemon.wait_for_counters("mcserver", received=152)
    # Later it is down indeed; but it was not when its second message was read.
    assert not daemon.lines(BACK)


@pytest.mark.parametrize("link", ["eth0", "port1"])
def test_whoever_cannot_be_heard_for_want_of_an_interface_or_its_carrier_is_not_down(link, here, there, lan, mcastd):
    where = here if link == "eth0" else lan
    daemon = mcastd(here, receiver(**PATIENT))
    sender = mcastd(there, emitter(**OFTEN))
    wait_for_more(daemon, 5)
    where.ip(f"link set {link} down")
    daemon.wait_for("^waiting to hear")
    wait_for_sent(sender, 50)
    where.ip(f"link set {link} up")
    wait_for_more(daemon, 20)
    assert not daemon.lines(f"{DOWN}|{BACK}")
    sender.stop(signal.SIGKILL)
    daemon.wait_for(DOWN)


# --- an emitter's roster ---

def test_an_emitter_knows_who_acknowledges_who_does_not_any_more_and_how_fast(here, there, lan, mcastd):
    third = lan.host()
    answers = receiver(HANDLERS="ack", ACK_RATE="unlimited")
    mcastd(there, answers)
    going = mcastd(third, answers)
    daemon = mcastd(here, emitter(INTERVAL="100ms"))
    eventually(lambda: len(acks_of(daemon)) == 2 and all(source["acked"] >= 5 for source in acks_of(daemon).values()),
               "five acks of each")
    for source in acks_of(daemon).values():
        assert source["section"] == "mcclient" and not source["own"]
        rtt = source["rtt_ms"]
        assert 0 < rtt["min"] <= rtt["mean"] <= rtt["max"] and rtt["min"] <= rtt["last"] <= rtt["max"]
    before = daemon.counters("mcclient")["acks_missed"]
    going.stop(signal.SIGKILL)
    eventually(lambda: acks_of(daemon)["10.0.0.3"]["missed_in_row"] >= 5, "five acks to be missed")
    gone, still = (acks_of(daemon)[address] for address in ("10.0.0.3", "10.0.0.2"))
    assert gone["missed"] >= gone["missed_in_row"] >= 5
    assert still["acked"] > gone["acked"]
    assert daemon.counters("mcclient")["acks_missed"] - before >= 5
    assert ask(daemon, "forget", peer="10.0.0.3")["forgotten"] == 1
    assert list(acks_of(daemon)) == ["10.0.0.2"]


# --- more than there is room for ---

def test_where_all_are_established_newcomers_are_refused_which_is_told_once(here, there, lan, mcastd):
    stranger = lan.host()
    daemon = mcastd(here, receiver(PEERS="1", HANDLERS="ack", ACK_RATE="unlimited"))
    for host in [there] * 10 + [stranger] * 2:
        host.ask(b"hello", "239.1.1.1", 5001)
    assert list(peers_of(daemon)) == ["10.0.0.2"]
    assert daemon.counters("mcserver")["peers_refused"] == 2
    assert len(daemon.lines(r"^all places for peers are taken, see PEERS: .*\(first one from 10\.0\.0\.3\)$")) == 1


def all_places_are_taken(daemon):
    return sum(ask(daemon, "status")["daemon"]["peers"].values()) == 1024


def all_are_counted(daemon, sent):
    counters = daemon.counters("mcserver")
    return counters["received"] + counters["dropped_kernel"] >= sent


def test_a_flood_of_sources_costs_nobody_a_place(here, there, mcastd):
    """MCASTD_FLOOD says how many."""
    count, everybody = int(os.environ.get("MCASTD_FLOOD", "200000")), packed(12, 100)
    daemon = mcastd(here, receiver(RECEIVE_BUFFER="1M", DEAD_AFTER="3s") + "[DAEMON]\nLOG_LEVEL = notice\n")
    empty = memory(daemon)
    with Flood(there, here) as flood:
        for _ in range(5):
            flood.send(everybody)
        for _ in range(8):
            flood.send(strangers(BATCH))
        eventually(lambda: all_places_are_taken(daemon), "all places to be taken")
        # More than the kernel keeps.
        with held(daemon):
            for _ in range(10):
                flood.send(strangers(BATCH))
        full, began = memory(daemon), time.monotonic()
        for _ in range(count // BATCH):
            flood.send(strangers(BATCH - 100) + everybody)
        down, took = daemon.lines(r"^12\.0\.0\..* is down"), time.monotonic() - began
        eventually(lambda: all_are_counted(daemon, flood.sent), "all to be counted")
        counters, after = daemon.counters("mcserver"), memory(daemon)
        assert counters["received"] + counters["dropped_kernel"] == flood.sent
    report(f"{count} datagrams from any sources in {took:.1f} s: {counters['received']} received, "
           f"{counters['dropped_kernel']} dropped by the kernel, memory {empty} kB, with all places taken {full} kB, "
           f"in the end {after} kB")
    assert counters["dropped_kernel"] > 0
    assert full <= empty + 1024 and after <= full + 256
    assert not down
    assert all_places_are_taken(daemon)
    known = peers_of(daemon)
    assert all(known[f"12.0.0.{number}"]["datagrams"] > count / BATCH / 2 for number in range(1, 101))
    assert counters["peers_displaced"] > 0 and "peers_refused" not in counters
    assert len(daemon.lines(r" told one by one \(first one from 1[12]\.")) == 1
    untold = daemon.counters("mcserver")["peers_untold"]
    assert daemon.stop() == 0
    assert sum(int(re.search(r"(\d+) in all$", line)[1]) for line in daemon.lines(" not told one by one: ")) == untold
