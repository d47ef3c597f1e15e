"""Clients of the control sockets that are too many, too slow or too long: they harm nobody, and are counted."""
import contextlib
import functools
import json
import os
import resource
import signal
import time

import pytest

from background import Background
from control import Client, ask, counts
from daemon import emitter, receiver, section
from faults import injected, injections
from interfaces import descriptors, held, memory
from lan import eventually
from test_clock import TimeOfDay

ALL, LOOKING = 16, 12
TOO_MANY = {"version": 1, "ok": False, "error": f"too many clients: at most {ALL}"}
TOO_MANY_LOOKING = {"version": 1, "ok": False, "error": f"too many clients: at most {LOOKING} on status.sock"}
FREE = {"LOG_RATE": "unlimited", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}
LONGEST = 4096
CLOSED = BrokenPipeError, ConnectionResetError  # by the daemon, before all was sent


def many(count):
    """Sections that make answers long, and otherwise do nothing."""
    return "".join(emitter(f"MCCLIENT.{number}", MESSAGE=number, PORT=5002, INTERVAL="1h") for number in range(count))


def clients(daemon, count, name="control.sock"):
    """Connected, and let in."""
    connected = [Client(daemon, name) for _ in range(count)]
    for client in connected:
        assert client.ask("status")["ok"]
    return connected


def count_of(client):
    return client.ask("status")["daemon"]["control"]


# --- too many ---

def test_the_17th_is_refused_and_counted_until_somebody_goes(here, mcastd):
    daemon = mcastd(here, receiver())
    first, *others = clients(daemon, ALL)
    with Client(daemon) as refused:
        assert refused.next() == TOO_MANY
        assert refused.ends()
    assert count_of(first) == {"connected": ALL, "accepted": ALL, "refused": 1, "dropped": 0}
    others.pop().close()
    eventually(lambda: count_of(first)["connected"] == ALL - 1, "a free place")
    clients(daemon, 1)


def test_the_refused_is_told_so_even_if_he_has_asked_already(here, mcastd):
    daemon = mcastd(here, receiver())
    inside = clients(daemon, ALL)
    with held(daemon):
        refused = Client(daemon)
        refused.request("status")
    assert refused.next() == TOO_MANY
    assert count_of(inside[0])["refused"] == 1


def test_who_may_only_look_leaves_places_to_the_administrator(here, mcastd):
    daemon = mcastd(here, receiver())
    looking = clients(daemon, LOOKING, "status.sock")
    with Client(daemon, "status.sock") as refused:
        assert refused.next() == TOO_MANY_LOOKING
    administrators = clients(daemon, ALL - LOOKING)
    assert Client(daemon).next() == TOO_MANY
    assert count_of(looking[0])["connected"] == count_of(administrators[0])["connected"] == ALL


def test_the_administrator_may_have_all_places(here, mcastd):
    daemon = mcastd(here, receiver())
    inside = clients(daemon, ALL)
    assert Client(daemon, "status.sock").next() == TOO_MANY
    assert count_of(inside[0])["refused"] == 1


def test_a_thousand_who_come_and_go_leave_nothing_behind(here, mcastd):
    daemon = mcastd(here, receiver())
    with Client(daemon) as witness:
        witness.ask("status")
        before = descriptors(daemon)
        for number in range(1000):
            with Client(daemon, "status.sock") as client, contextlib.suppress(*CLOSED):
                client.send([b"", b'{"verb":', b'{"verb":"status"}\n', b'{"verb":"watch"}\n'][number % 4])
        eventually(lambda: count_of(witness)["connected"] == 1, "all to be gone")
        told = count_of(witness)
    assert told["accepted"] + told["refused"] == 1001 and told["dropped"] == 0
    assert descriptors(daemon) <= before


# --- stuck ---

def half_a_line(daemon):
    client = Client(daemon, "status.sock")
    client.send(b'{"verb":"sta')
    return client


def never_reads(daemon):
    """And asks for more than it will ever be sent."""
    client = Client(daemon, "status.sock")
    client.send(b'{"verb":"status"}\n' * 2000)
    return client


def silent(daemon):
    return Client(daemon, "status.sock")


@pytest.mark.parametrize("stuck", [half_a_line, never_reads, silent])
def test_a_hundred_that_are_stuck_harm_nobody(stuck, here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", **FREE) + many(50))
    hanging = []
    for _ in range(100):
        with contextlib.suppress(*CLOSED):
            hanging.append(stuck(daemon))
    for _ in range(100):
        assert there.ask(b"still there?", "239.1.1.1", 5001)[0][0] == b"ack"
    eventually(lambda: counts(daemon)["refused"] == 100 - LOOKING, "those beyond the limit to be refused")
    assert ask(daemon, "status")["sections"][0]["counters"]["acked"] == 100


def test_those_who_ask_without_a_pause_harm_nobody(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", **FREE) + many(250))
    with Asking(daemon, LOOKING) as asking:
        asking.wait_for_more(LOOKING)
        for _ in range(100):
            assert there.ask(b"still there?", "239.1.1.1", 5001)[0][0] == b"ack"
        assert ask(daemon, "status")["ok"]
        asking.wait_for_more(LOOKING)


class Asking(Background):
    """Clients of status.sock, each in a thread, which ask for the status as soon as they have it."""

    def __init__(self, daemon, count):
        self._clients, self._answers = [Client(daemon, "status.sock") for _ in range(count)], 0
        super().__init__(*(functools.partial(self._ask, client) for client in self._clients))

    def _ask(self, client):
        assert client.ask("status")["ok"]
        self._answers += 1

    def wait_for_more(self, count):
        enough = self._answers + count
        eventually(lambda: self._answers >= enough, "answers")

    def __exit__(self, *raised):
        super().__exit__(*raised)
        for client in self._clients:
            client.close()


def test_who_is_idle_for_a_minute_is_dropped_unless_he_watches(here, folder, mcastd):
    clock = TimeOfDay(folder)
    for name in "FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC":
        del clock.environment[name]
    daemon = mcastd(here, receiver(), **clock.environment)
    watching, asking, *idle = clients(daemon, 5)
    watching.ask("watch", level="error")
    idle[0].send(b'{"verb":"sta')
    clock.step("+59")
    before = count_of(asking)
    clock.step("+61")
    eventually(lambda: count_of(asking)["dropped"] == 3, "three to be dropped")
    assert (before["connected"], before["dropped"], count_of(asking)["connected"]) == (5, 0, 2)
    assert all(client.ends() for client in idle)
    watching.ask("status")


# --- too long ---

def test_the_longest_request_is_answered(here, mcastd):
    with Client(mcastd(here, receiver())) as client:
        client.send(b'{"verb":"status"}'.ljust(LONGEST) + b"\n")
        assert client.next()["ok"]
        assert client.ask("status")["ok"]


@pytest.mark.parametrize("length", [LONGEST + 1, 1 << 20])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_longer_request_is_refused_and_counted(end, length, here, mcastd):
    daemon = mcastd(here, receiver())
    with Client(daemon) as client:
        with contextlib.suppress(*CLOSED):
            client.send(b'{"verb":"status"}'.ljust(length) + end)
        assert client.next() == {"version": 1, "ok": False, "error": "a request has at most 4096 bytes"}
        assert client.ends()
    eventually(lambda: counts(daemon)["dropped"] == 1, "it to be counted")


def test_what_was_asked_before_a_request_that_is_too_long_is_answered(here, mcastd):
    """Also where it waits to be read for a while."""
    daemon = mcastd(here, many(250))
    requests = 3  # whose answers are more than a socket holds
    with Client(daemon) as client:
        client.send(b'{"verb":"status"}\n' * requests + b"x" * (LONGEST + 1))
        assert ask(daemon, "status")["ok"]
        assert [client.next()["ok"] for _ in range(requests + 1)] == [True] * requests + [False]
        assert client.ends()


# --- too slow ---

def test_who_reads_slowly_gets_all_that_he_has_asked_for(here, mcastd):
    daemon = mcastd(here, many(250))
    requests = 40  # whose answers have more than 1 MiB
    with Client(daemon) as client:
        client.send(b'{"verb":"status"}\n' * requests)
        for _ in range(3):
            assert ask(daemon, "status")["ok"]
        answers = [client.next() for _ in range(requests)]
    assert sum(len(json.dumps(answer)) for answer in answers) > 1 << 20
    assert all(len(answer["sections"]) == 250 for answer in answers)
    assert counts(daemon)["dropped"] == 0


def test_who_asks_and_never_reads_is_not_read_either(here, mcastd):
    daemon = mcastd(here, many(50))
    with Client(daemon) as client, Client(daemon) as other:
        other.ask("status")
        before = memory(daemon)
        client.set_patience(1)
        with pytest.raises(TimeoutError):
            client.send(b'{"verb":"status"}\n' * 100000)
        assert other.ask("status")["ok"]
        assert memory(daemon) < before + 4096


def test_a_watcher_that_never_reads_is_dropped_and_others_go_on(here, there, mcastd):
    daemon = mcastd(here, receiver(**FREE))
    datagrams = 4000
    with Client(daemon) as stuck, Client(daemon) as reading:
        stuck.ask("watch", level="info")
        reading.ask("watch", level="info")
        for number in range(datagrams):
            there.send(b"%d" % number + b"x" * 240, "239.1.1.1", 5001)
            payload = reading.event("received")["fields"]["payload"]
            assert payload.startswith(f"{number}x")
        assert counts(daemon)["dropped"] == 1
        read = 0
        while stuck.next():
            read += 1
        assert 0 < read < datagrams


def test_a_dropped_watcher_leaves_a_place_and_the_log_as_it_was(here, there, mcastd):
    daemon = mcastd(here, "[DAEMON]\nLOG_LEVEL = error\n" + receiver(**FREE))
    with Client(daemon) as stuck:
        stuck.ask("watch", level="info")
        for _ in range(4000):
            there.send(b"x" * 250, "239.1.1.1", 5001)
        eventually(lambda: counts(daemon)["dropped"] == 1, "it to be dropped")
        assert counts(daemon)["connected"] == 1
    assert not daemon.lines()


# --- no descriptors ---

def test_without_descriptors_clients_wait_and_those_who_are_in_are_served(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack"))
    with Client(daemon) as witness:
        witness.ask("status")
        highest = max(map(int, os.listdir(f"/proc/{daemon.process.pid}/fd")))
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (highest + 1, 4096))
        with Client(daemon) as waiting:
            waiting.request("status")
            assert witness.ask("status")["daemon"]["control"]["connected"] == 1
            assert there.ask(b"still there?", "239.1.1.1", 5001)[0][0] == b"ack"
            resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (4096, 4096))
            assert waiting.next()["daemon"]["control"]["connected"] == 2


@pytest.mark.parametrize("error", ["EMFILE", "ENFILE", "ENOMEM"])
def test_without_descriptors_it_is_tried_once_a_second(error, here, mcastd):
    daemon = mcastd(here, receiver())
    began = time.monotonic()
    with injected(daemon, here, f"accept4:error={error}") as strace:
        with Client(daemon) as client:
            client.request("status")
            eventually(lambda: injections(strace) >= 3, "three failures")
            assert injections(strace) <= time.monotonic() - began + 1
    # Who came meanwhile and went is let in, and is found to be gone.
    assert counts(daemon)["refused"] == 0


@pytest.mark.parametrize("error", ["ECONNABORTED", "EINTR", "EPERM"])
def test_one_who_could_not_be_let_in_does_not_keep_others_out(error, here, mcastd):
    daemon = mcastd(here, receiver())
    with injected(daemon, here, f"accept4:error={error}:when=1") as strace:
        assert ask(daemon, "status")["ok"]
        assert injections(strace) == 1


def test_a_watcher_that_reads_stays_while_2000_sections_are_reopened(here, mcastd):
    """More than a megabyte of events, without a turn of the loop between them."""
    def config(port):
        where = [{"MCAST_GROUP": f"239.7.{i // 250}.{i % 250}", "PORT": port, "INTERFACE": "lo"} for i in range(1000)]
        return "".join(section(f"MCSERVER.{'x' * 40}{i}", keys) + section(f"MCCLIENT.{'x' * 40}{i}", keys | {"INTERVAL": "1h"})
                       for i, keys in enumerate(where))
    daemon = mcastd(here, config(5001))
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (16384, 16384))
    with Client(daemon) as watcher:
        watcher.ask("watch")
        daemon.configure(config(5002))
        daemon.process.send_signal(signal.SIGHUP)
        assert "2000 reopened" in watcher.event("reloaded")["message"]
        assert count_of(watcher)["dropped"] == 0
