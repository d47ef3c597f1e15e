"""What befalls a process: it is told to stop at any moment, a call fails while it starts, there is no room for what it says,
the loop is disturbed."""
import contextlib
import itertools
import os
import random
import signal
import socket
import tempfile
import time

import pytest

import control
import web
from background import Background
from daemon import ENVIRONMENT, built, emitter, receiver
from faults import WITHOUT_LEAK_CHECK, FromTheStart, injected, injections
from lan import DEADLINE, Program, eventually
from test_faults_memory import Attempt, assert_answers, config, keys  # noqa: F401: a fixture

GROUP = "239.1.1.1", 5001


# --- it is told to stop ---

class Load(Background):
    """Datagrams, control requests and HTTP requests, as fast as one who sends them one after the other can."""

    def __init__(self, here, there, folder):
        super().__init__(self._send, self._ask)
        self._here, self._folder, self._sock = here, folder, there.udp()

    def _send(self):
        self._sock.sendto(b"load", GROUP)
        time.sleep(0.0005)

    def _ask(self):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as sock:
            sock.connect(f"{self._folder}/run/control.sock")
            sock.sendall(b'{"verb":"watch"}\n')
        with contextlib.suppress(OSError):
            web.say(self._here, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def __exit__(self, *raised):
        with self._sock:
            super().__exit__(*raised)


def test_a_stop_at_any_moment_is_a_good_end(here, there, folder):
    """While it starts, while it reloads, and while it works. Before it listens to signals, one ends it just so."""
    times = 1000 if os.environ.get("MCASTD_FULL") else 100
    drawn, longest, early = random.Random(1), 0, 0
    with open(f"{folder}/mcastd.conf", "w") as file:
        file.write(config())
    environment = ENVIRONMENT | {"RUNTIME_DIRECTORY": f"{folder}/run"}
    with Load(here, there, folder):
        for _ in range(times):
            daemon = Program(here, built("mcastd"), "-c", f"{folder}/mcastd.conf", env=environment)
            time.sleep(drawn.choice([0.02, 0.1]) * drawn.random())
            if drawn.random() < 0.3 and daemon.lines("^joined"):
                daemon.process.send_signal(signal.SIGHUP)
            began = time.monotonic()
            daemon.process.terminate()
            status = daemon.process.wait(DEADLINE)
            longest = max(longest, time.monotonic() - began)
            if status == -signal.SIGTERM:
                assert not daemon.lines("starts as node"), daemon.output()
                early += 1
            else:
                assert status == 0 and daemon.lines()[-1] == "stopped", daemon.output()
            assert not os.path.exists(f"{folder}/run") or os.listdir(f"{folder}/run") == []
            assert here.memberships() == set()
    print(f"{times} times SIGTERM under load: it took at most {longest * 1000:.0f} ms; {early} times before signals are heeded")
    assert early < times


# --- a call fails while it starts ---

START = receiver(HANDLERS="ack") + receiver("MCSERVER.six", MCAST_GROUP="ff15::4d:1", HANDLERS="ack") + web.ON
ERRORS = {"socket": ["EMFILE", "ENFILE", "ENOBUFS"], "epoll_create1": ["EMFILE"], "epoll_ctl": ["ENOMEM", "ENOSPC"],
          "pipe2": ["EMFILE"], "getsockname": ["ENOBUFS"], "listen": ["EADDRINUSE"], "openat": ["EMFILE", "ENFILE"],
          "uname": ["EFAULT"], "mkdir": ["ENOSPC", "EROFS"]}


@pytest.mark.parametrize("call, error", [(call, error) for call in ERRORS for error in ERRORS[call]])
def test_whatever_call_of_a_start_fails_it_ends_with_a_message_or_becomes_well(call, error, here, there, folder):
    for number in itertools.count(1):
        fault = FromTheStart(f"{folder}/trace", f"{call}:error={error}:when={number}")
        daemon = Attempt(here, START, tempfile.mkdtemp(dir=folder), journal=fault, **WITHOUT_LEAK_CHECK)
        if daemon.has_ended():
            # 127: the loader of libraries could not read one.
            assert daemon.process.returncode in (1, 127) and daemon.lines(), daemon.output()
        else:
            daemon.reload_unread(START)
            assert_answers(daemon, there)
            assert daemon.stop() == 0, daemon.output()
        if not fault.calls():
            break
    assert number > 1, "it never makes this call"


# --- there is no room ---

class Shell:
    """The daemon is started by these commands, for a Daemon's `journal`."""

    def __init__(self, *commands):
        self._commands = " && ".join(commands)

    def wrap(self, command):
        return ["unshare", "--mount", "sh", "-c", f'{self._commands} && exec "$@"', "sh", *command]


def lines_lost(daemon):
    return control.ask(daemon, "status")["daemon"]["log_lost"]


def test_where_the_log_has_no_room_the_work_goes_on_and_what_is_lost_is_counted(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack", ACK_RATE="unlimited", LOG_RATE="unlimited"),
                    journal=Shell("exec 2>/dev/full"))
    before = lines_lost(daemon)
    for _ in range(100):
        there.ask(b"question", *GROUP)
    # Two for each, and that somebody is up.
    eventually(lambda: lines_lost(daemon) == before + 201, lambda: f"201 lost lines, not {lines_lost(daemon) - before}")


FOLDERS = {"full": "-o nr_inodes=1", "full-but-for-the-folder": "-o nr_inodes=2", "read-only": "-o ro"}


@pytest.mark.parametrize("options", FOLDERS.values(), ids=FOLDERS)
def test_where_the_control_sockets_have_no_room_the_work_goes_on_and_it_says_so(options, here, there, folder, mcastd):
    os.mkdir(f"{folder}/small")
    daemon = mcastd(here, receiver(HANDLERS="ack"), journal=Shell(f"mount -t tmpfs {options} none {folder}/small"),
                    RUNTIME_DIRECTORY=f"{folder}/small/run")
    assert daemon.status().endswith("; the control sockets could not be opened")
    assert len(daemon.lines("^mcastctl cannot reach this .*: (No space left on device|Read-only file system)$")) == 1
    assert len(daemon.lines("^mcastctl cannot hand over keys: ")) == 1
    assert there.ask(b"still there?", *GROUP)[0][0] == b"ack"


# --- the loop is disturbed ---

def test_a_wait_that_is_interrupted_again_and_again_is_taken_up_again(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", ACK_RATE="unlimited") + emitter(PORT=5002, MESSAGE="{seq}", INTERVAL="20ms"))
    heard = there.member("239.1.1.1", 5002)
    with injected(daemon, here, "epoll_wait:error=EINTR:when=1+2") as strace:
        for _ in range(50):
            assert there.ask(b"question", *GROUP)[0][0] == b"ack"
        numbers = [int(heard.recv(64)) for _ in range(50)]
        assert injections(strace) >= 50
    assert numbers == list(range(numbers[0], numbers[0] + 50))


def test_a_wait_that_fails_for_good_ends_it_with_a_message_and_not_as_a_success(here, mcastd, there):
    """The service manager starts another one."""
    daemon = mcastd(here, receiver(), **WITHOUT_LEAK_CHECK)
    strace = here.start("strace", "-e", "trace=epoll_wait", "-e", "inject=epoll_wait:error=EINVAL", "-p", daemon.process.pid)
    strace.wait_for("attached")
    there.send(b"wake up", *GROUP)
    assert daemon.process.wait(DEADLINE) == 1
    daemon.wait_for("^the event loop failed$")
    assert here.memberships() == set()


def test_after_a_delay_of_the_loop_all_that_waits_is_handled_and_the_watchdog_fed(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", ACK_RATE="unlimited"), WATCHDOG_USEC="2000000")
    with injected(daemon, here, "epoll_wait:delay_exit=1500000:when=1"):
        with there.udp() as sock:
            for _ in range(20):
                sock.sendto(b"question", GROUP)
            assert [sock.recv(64) for _ in range(20)] == [b"ack"] * 20
    daemon.wait_for_counters("mcserver", received=20, acked=20)
    fed = daemon.notices.count("WATCHDOG=1")
    daemon.wait_for_notice("WATCHDOG=1", fed + 1)
