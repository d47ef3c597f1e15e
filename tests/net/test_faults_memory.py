"""Memory runs out, at each place where the daemon asks for it: it ends with a message, or goes on and is well.

A test takes as many of these places, spread evenly, as are soon done; with MCASTD_FULL set it takes all of them."""
import contextlib
import itertools
import json
import os
import re
import resource
import tempfile
import time
from typing import NamedTuple

import pytest

import control
import web
from control import Client
from daemon import Daemon, built, emitter, receiver
from figures import report
from interfaces import descriptors
from lan import any_address, eventually
from memory import ALL, Memory

FREE = {"LOG_RATE": "unlimited", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}
QUESTIONS = ("239.1.1.1", 5001), ("ff15::4d:1", 5001)
FRESH = "239.1.1.3"
# Those who get no answer at all for want of memory do not wait for long.
PATIENCE = 0.5


@pytest.fixture(autouse=True)
def keys(folder):
    """Where config() has them."""
    with open(f"{folder}/keys", "w") as file:
        file.write("".join(f"{number} {number:064x}\n" for number in range(1, 4)))
    os.chmod(f"{folder}/keys", 0o400)
    config.keys = f"{folder}/keys"


def config(fresh="one", beat="1h"):
    """Something of everything. Nothing happens by itself."""
    return "".join([
        receiver(HANDLERS="log, ack", **FREE),
        receiver("MCSERVER.six", MCAST_GROUP="ff15::4d:1", HANDLERS="ack", ACK_SPREAD="1ms", **FREE),
        receiver("MCSERVER.chosen", MCAST_GROUP="239.1.1.2", SOURCES="10.0.0.2, 10.0.0.3", ALLOW="10.0.0.0/24"),
        receiver(f"MCSERVER.{fresh}", MCAST_GROUP=FRESH, HANDLERS="ack", **FREE),
        receiver("MCSERVER.waits", INTERFACE="eth9", EXPECT_EVERY="1m"),
        receiver("MCSERVER.signed", MCAST_GROUP="239.1.1.10", HANDLERS="ack", AUTH="enforce", **FREE),
        emitter(MCAST_GROUP="239.1.1.10", INTERVAL=beat, MESSAGE="ATU {utc} node={node} seq={seq} boot={boot}", KEY="2",
                AUTH="permissive"),
        web.ON, f"KEYS = {config.keys}\n"])


def is_sanitized():
    with open(built("mcastd"), "rb") as file:
        return b"libasan.so" in file.read()


def places(count, most):
    """The numbers from 1 to count: so many of them, if a sanitizer makes everything slower, or a few times as many."""
    most *= 1 if is_sanitized() else 6
    if count <= most or os.environ.get("MCASTD_FULL"):
        return range(1, count + 1)
    return sorted({1 + i * (count - 1) // (most - 1) for i in range(most)})


one_or_all = pytest.mark.parametrize("length", [1, ALL], ids=["one", "all-from-there"])


def assert_answers(daemon, there):
    """Both families, sooner or later: what could not be opened is tried again."""
    for group, port in QUESTIONS:
        with there.udp(any_address(group)) as sock:
            sock.settimeout(PATIENCE)

            def answered():
                assert daemon.process.poll() is None, daemon.output()[-2000:]
                with contextlib.suppress(TimeoutError):
                    sock.sendto(b"well?", (group, port))
                    return sock.recv(64) == b"ack"
            eventually(answered, f"{group} to be answered")


# --- at the start ---

class Attempt(Daemon):
    """A daemon that has said READY=1, or has ended."""

    def has_ended(self):
        return self.process.poll() is not None

    def wait_for_notice(self, notice, count=1):
        eventually(lambda: self.has_ended() or self._count_notices(notice) >= count, f"{notice}, or the end")


def calls_of_a_start(here, folder, memory):
    daemon = Daemon(here, config(), tempfile.mkdtemp(dir=folder), **memory.environment)
    calls = memory.calls
    assert daemon.stop() == 0
    return calls


def assert_ended_well(daemon):
    """Not because of a signal, nor with the status that means that the file is wrong, which is final."""
    assert daemon.process.returncode == 1, daemon.output()
    assert re.search("memory", daemon.output())


def assert_becomes_well(daemon, there):
    assert daemon.lines("^mcastd .* starts as node")
    daemon.reload_unread(config())
    assert_answers(daemon, there)
    assert daemon.stop() == 0, daemon.output()


@one_or_all
def test_a_start_ends_with_a_message_or_the_daemon_becomes_well(length, here, there, folder):
    memory = Memory(folder)
    calls, ended = calls_of_a_start(here, folder, memory), 0
    for first in places(calls, 60):
        memory.refuse_from_the_start(first, length)
        daemon = Attempt(here, config(), tempfile.mkdtemp(dir=folder), **memory.environment)
        memory.relent()
        if daemon.has_ended():
            assert_ended_well(daemon)
            ended += 1
        else:
            assert_becomes_well(daemon, there)
        assert not daemon.lines("Sanitizer|runtime error:")
    tried = len(places(calls, 60))
    report(f"memory refused at {tried} of {calls} places of a start, {'one' if length == 1 else 'all from there'}: "
           f"ended with a message {ended}, went on {tried - ended}, ended by a signal 0")


# --- while it runs ---

class Scene(NamedTuple):
    daemon: object
    here: object
    there: object


def shape(value):
    """All of a document but its values."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else None


def request(verb, **members):
    def act(scene):
        with contextlib.suppress(OSError), Client(scene.daemon) as client:
            client.set_patience(PATIENCE)
            client.request(verb, **members)
            answer = client.next()
            return shape(answer) if answer and answer["ok"] else None
    return act


def watched_datagram(scene):
    with contextlib.suppress(OSError), Client(scene.daemon) as client:
        client.set_patience(PATIENCE)
        client.request("watch", level="info")
        scene.there.send(b"seen?", *QUESTIONS[0])
        while (line := client.next()) and not (told := line.get("event") == "received"):
            pass
        return told if line else None


def page(path):
    """All but figures."""
    def act(scene):
        with contextlib.suppress(OSError), web.connected(scene.here) as sock:
            sock.settimeout(PATIENCE)
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            answer = b"".join(iter(lambda: sock.recv(65536), b""))
            head, _, body = answer.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                return None
            if path == "/status.json":
                return shape(json.loads(body))
            return re.sub(rb" \S+$", b"", body, flags=re.M) if path == "/metrics" else body
    return act


names, beats = itertools.cycle(["another", "one"]), itertools.cycle(["2h", "1h"])


def reload(scene):
    scene.daemon.reload_unread(config())


def reload_that_changes(scene):
    scene.daemon.reload_unread(config(next(names), next(beats)))


class Link:
    """One that is waited for comes."""

    MOST = 2  # each takes up to a second

    def prepare(self, scene):
        """The one before goes, and the daemon has seen it."""
        if "eth9:" in scene.here.read("/proc/net/dev"):
            waiting = len(scene.daemon.lines("there is no interface eth9$"))
            scene.here.ip("link del eth9")
            scene.daemon.wait_for("there is no interface eth9$", waiting + 1)
        self._joined = len(scene.daemon.lines("^joined .* on eth9$"))

    def __call__(self, scene):
        scene.here.ip("link add eth9 type bridge", "link set eth9 up")

    def finish(self, scene):
        """It is joined at the latest when interfaces change."""
        scene.here.ip(f"link set lo mtu {next(mtus)}")
        scene.daemon.wait_for("^joined .* on eth9$", self._joined + 1)


mtus = itertools.cycle([60000, 65536])


EVENTS = {
    "a datagram that is watched": watched_datagram,
    "status": request("status"), "peers": request("peers"), "forget": request("forget", peer="10.0.0.9"),
    "send": request("send", section="mcclient", text="now"), "no request": request("nothing"),
    "a reload by request": request("reload"), "a reload": reload, "a reload that changes": reload_that_changes,
    "the page": page("/"), "status.json": page("/status.json"), "metrics": page("/metrics"), "healthz": page("/healthz"),
    "a link": Link()}


def part(event, name):
    return getattr(event, name, lambda scene: None)


def calls_of(event, scene, memory):
    """The answer to it, and how many calls for memory it needs until a later question is answered."""
    part(event, "prepare")(scene)
    before = memory.calls
    answer = event(scene)
    part(event, "finish")(scene)
    assert_answers(scene.daemon, scene.there)
    return answer, memory.calls - before


def was_refused(refused):
    """Soon, if at all: what happened may reach the daemon a moment later."""
    end = time.monotonic() + PATIENCE
    while not refused() and time.monotonic() < end:
        time.sleep(0.001)
    return refused() > 0


@one_or_all
@pytest.mark.parametrize("event", EVENTS.values(), ids=[name.replace(" ", "-") for name in EVENTS])
def test_what_happens_is_dealt_with_or_left_alone_and_the_daemon_stays_well(event, length, here, there, mcastd, folder):
    memory = Memory(folder)
    scene = Scene(mcastd(here, config(), **memory.environment), here, there)
    assert_answers(scene.daemon, there)
    calls_of(event, scene, memory)
    whole, calls = calls_of(event, scene, memory)
    before, chosen, in_effect = descriptors(scene.daemon), places(calls, getattr(event, "MOST", 40)), 0
    for first in chosen:
        part(event, "prepare")(scene)
        with memory.refusing(first, length) as refused:
            answer = event(scene)
            in_effect += was_refused(refused)
        part(event, "finish")(scene)
        # Not half an answer.
        assert answer in (None, whole)
        assert_answers(scene.daemon, there)
        assert control.ask(scene.daemon, "status")["ok"]
        assert web.ask(here, "/healthz").status
    # How many calls there are depends on how news come together: the last of them may not be reached.
    assert in_effect >= max(1, 0.8 * len(chosen) - 1)
    eventually(lambda: descriptors(scene.daemon) <= before, "the descriptors to come back")
    report(f"memory refused at {len(chosen)} of {calls} places of {name_of(event)}, "
           f"{'one' if length == 1 else 'all from there'}: {in_effect} times in effect, ended by a signal 0")


def name_of(event):
    return next(name for name in EVENTS if EVENTS[name] is event)


def test_datagrams_are_answered_without_any_memory(here, there, mcastd, folder):
    memory = Memory(folder)
    daemon = mcastd(here, config(), **memory.environment)
    with memory.refusing(1, ALL):
        for _ in range(1000):
            assert there.ask(b"still there?", *QUESTIONS[0])[0][0] == b"ack"
    daemon.wait_for_counters("mcserver", received=1000, acked=1000)


# --- without the shim: the kernel gives no more ---

of_the_kernel = pytest.mark.skipif(is_sanitized(), reason="a sanitizer needs more address space than there is")


class AddressSpace:
    """So many bytes of it, for a Daemon's `journal`."""

    def __init__(self, size):
        self._size = size

    def wrap(self, command):
        return ["prlimit", f"--as={self._size}", *command]


def status_of(daemon, field):
    with open(f"/proc/{daemon.process.pid}/status") as file:
        return int(re.search(rf"{field}:\s*(\d+) kB", file.read())[1]) << 10


def sections(count):
    return "".join(receiver(f"MCSERVER.{i}", MCAST_GROUP=f"239.2.{i // 250}.{i % 250}", INTERFACE="lo") for i in range(count))


@of_the_kernel
def test_a_start_in_too_little_memory_ends_with_a_message(here, there, folder, mcastd):
    highest, went_on, tried = status_of(mcastd(here, config()), "VmPeak") + (1 << 20), 0, 0
    for size in range(1 << 20, highest, 1 << (14 if os.environ.get("MCASTD_FULL") else 17)):
        daemon = Attempt(here, config(), tempfile.mkdtemp(dir=folder), journal=AddressSpace(size))
        tried += 1
        if not daemon.has_ended():
            assert daemon.stop() == 0
            went_on += 1
        else:
            # 127: it was the loader of libraries.
            assert daemon.process.returncode in (1, 127) and "memory" in daemon.output() or size < 4 << 20, daemon.output()
    report(f"a start in {tried} sizes of address space up to {highest >> 10} kB: ended with a message {tried - went_on}, "
           f"went on {went_on}, ended by a signal 0")


@of_the_kernel
def test_a_reload_in_too_little_memory_is_refused_and_a_later_one_is_not(here, there, mcastd):
    refused = tried = 0
    daemon = mcastd(here, config())
    for spare in range(0, 1 << 20, 1 << (12 if os.environ.get("MCASTD_FULL") else 14)):
        resource.prlimit(daemon.process.pid, resource.RLIMIT_AS, (status_of(daemon, "VmSize") + spare, resource.RLIM_INFINITY))
        said = daemon.reload(config() + sections(300))
        tried += 1
        refused += "not reloaded: Cannot allocate memory" in said
        resource.prlimit(daemon.process.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        daemon.reload(config())
        assert_answers(daemon, there)
    assert 0 < refused < tried
    report(f"a reload with 0 to 1 MiB to spare: {refused} of {tried} refused, ended by a signal 0")
