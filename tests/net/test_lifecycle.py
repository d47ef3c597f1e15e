"""How mcastd ends and begins again, and what the service manager and the network do meanwhile."""
import contextlib
import pathlib
import signal
import socket

import pytest

from daemon import ENVIRONMENT, built, receiver
from lan import DEADLINE, Program, eventually


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well_and_it_leaves_its_groups(by, here, mcastd):
    daemon = mcastd(here, receiver())
    assert here.memberships() == {("eth0", "239.1.1.1")}
    assert daemon.stop(by) == 0
    assert here.memberships() == set()
    end = [f"stopping on {by.name}", "left 239.1.1.1:5001 on eth0", "stopped"]
    assert daemon.lines()[-3:] == end


def test_it_tells_the_service_manager_of_its_stop(here, mcastd):
    daemon = mcastd(here, receiver())
    daemon.stop()
    daemon.wait_for_notice("STOPPING=1")


def test_after_a_kill_it_works_at_once_when_started_again(here, there, mcastd):
    mcastd(here, receiver(HANDLERS="ack")).kill()
    mcastd(here, receiver(HANDLERS="ack"))
    assert there.ask(b"back?", "239.1.1.1", 5001) == [(b"ack", (here.address, 5001))]


def test_the_watchdog_is_fed(here, mcastd):
    mcastd(here, receiver(), WATCHDOG_USEC="200000").wait_for_notice("WATCHDOG=1", 3)


def test_ready_is_said_again_until_the_service_manager_takes_it(here, lan, folder):
    """Its socket is full while mcastd starts, as it is when the service manager stands still."""
    with full_socket(f"{folder}/notify") as manager:
        (pathlib.Path(folder) / "mcastd.conf").write_text(receiver())
        environment = ENVIRONMENT | {"NOTIFY_SOCKET": f"{folder}/notify", "WATCHDOG_USEC": "200000"}
        daemon = Program(here, built("mcastd"), "-c", f"{folder}/mcastd.conf", env=environment)
        daemon.wait_for("^joined")
        # Signals are taken once the loop runs, which is after the first READY=1 was refused.
        daemon.process.send_signal(signal.SIGUSR1)
        daemon.wait_for("^counters of the log")
        eventually(lambda: b"READY=1" in manager.recv(4096), "READY=1 behind what filled the socket")


@contextlib.contextmanager
def full_socket(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reader, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as writer:
        reader.bind(path)
        reader.settimeout(DEADLINE)
        with contextlib.suppress(BlockingIOError):
            while True:
                writer.sendto(b"filling", path)
        yield reader


def test_a_group_is_heard_again_after_its_link_was_down(here, there, lan, mcastd):
    mcastd(here, receiver(HANDLERS="ack"))
    here.ip("link set eth0 down", "link set eth0 up")
    lan.wait_for_link(here, "eth0")
    assert there.ask(b"back?", "239.1.1.1", 5001) == [(b"ack", (here.address, 5001))]
