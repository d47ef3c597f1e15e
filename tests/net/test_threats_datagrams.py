"""Datagrams that nobody sends who means well: each one is counted, and nothing of it gets out as it came."""
import json
import re

import pytest

import web
from control import Client, ask
from ctl import ctl
from daemon import receiver
from family import both
from lan import any_address
from test_journal import HOSTILE

FREE = {"LOG_RATE": "unlimited", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}
LIMIT, EACH = 9216, 20
KINDS = {
    "empty": b"", "one byte": b"\0", "every byte": bytes(range(256)), "an ack": b"ack", "as long as may be": b"\xff" * LIMIT,
    "one byte more": b"x" * (LIMIT + 1), "as long as can be": bytes(65507)}


@both
def test_every_datagram_of_any_kind_is_counted_and_a_truncated_one_does_nothing(family, here, there, mcastd):
    daemon = mcastd(here, receiver(MCAST_GROUP=family.group, HANDLERS="log, ack", **FREE))
    with there.udp(any_address(family.group)) as sock:
        for payload in list(KINDS.values()) * EACH:
            sock.sendto(payload, (family.group, 5001))
            # One after the other, so that none is lost on the way.
            if len(payload) <= LIMIT and payload != b"ack":
                assert sock.recv(64) == b"ack"
        sock.sendto(b"end", (family.group, 5001))
        assert sock.recv(64) == b"ack"
    truncated = EACH * sum(len(payload) > LIMIT for payload in KINDS.values())
    received = EACH * len(KINDS) + 1
    daemon.wait_for_counters("mcserver", received=received,
                             received_bytes=EACH * sum(min(len(payload), LIMIT) for payload in KINDS.values()) + 3,
                             dropped_truncated=truncated, recorded=received - truncated, acks_suppressed_ack=EACH,
                             acked=received - truncated - EACH, receive_errors=0, dropped_kernel=0)
    assert len(daemon.lines("^received")) == received - truncated
    assert not daemon.lines(r"^received (9217|65507)|: xxx")


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=[name.replace(" ", "-") for name in HOSTILE])
def test_a_hostile_payload_is_text_wherever_it_is_shown(payload, here, there, mcastd):
    daemon = mcastd(here, receiver(**FREE) + web.ON)
    with Client(daemon) as watcher:
        watcher.ask("watch", level="info")
        there.send(payload, "239.1.1.1", 5001)
        told = watcher.event("received")
    line, = daemon.wait_for("^received")
    assert re.fullmatch("[ -~]+", line) and told["message"] == line
    assert len(daemon.output().splitlines()) == len(daemon.output().split("\n")) - 1
    shown = told["fields"]["payload"]
    assert re.fullmatch("[ -~]*", shown) and line.endswith(f": {shown}")
    peer, = ask(daemon, "peers")["peers"]
    # As much of it as there is room for.
    assert re.fullmatch("[ -~]*", peer["payload"]) and shown.startswith(peer["payload"][:40])
    for command in "peers", "top -b -n 1", "status", "peers --json":
        outcome = ctl(daemon, here, command)
        assert outcome.returncode in (0, 1) and re.fullmatch("[\n -~]+", outcome.stdout) and outcome.stderr == ""
    peer, = json.loads(web.ask(here, "/status.json").text)["peers"]
    assert re.fullmatch("[ -~]*", peer["payload"])
    assert re.fullmatch("[\n -~]+", web.ask(here, "/metrics").text)
