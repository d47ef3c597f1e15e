"""How mcastd ends and begins again, and what the service manager and the network do meanwhile."""
import contextlib
import pathlib
import re
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


def test_an_interface_that_is_not_there_does_not_keep_it_from_being_ready_and_is_named(here, mcastd):
    daemon = mcastd(here, receiver(INTERFACE="eth7"))
    assert daemon.lines("^waiting to hear 239.1.1.1:5001: there is no interface eth7$")
    assert re.fullmatch(r"0 joined, 0 emitting, 1 waiting, 0.0 datagrams/s; "
                        r"\[mcserver\] waiting: there is no interface eth7", daemon.status())


def test_a_port_that_is_taken_does_not_keep_it_from_being_ready_and_is_named(here, there, mcastd):
    with here.udp("", 5001):
        daemon = mcastd(here, receiver("MCSERVER.taken") + receiver("MCSERVER.free", PORT=5002, HANDLERS="ack"))
        assert len(daemon.lines(rf"^{daemon.file}:1: \[mcserver.taken\] PORT: cannot bind to 239.1.1.1:5001 "
                                r".*: Address already in use$")) == 1
        assert re.match(r"1 joined, 0 emitting, 1 failed, .*; \[mcserver.taken\] failed: ", daemon.status())
        assert there.ask(b"still there?", "239.1.1.1", 5002) == [(b"ack", (here.address, 5002))]


def test_a_port_that_was_taken_is_tried_again_when_an_interface_changes(here, mcastd):
    with here.udp("", 5001):
        daemon = mcastd(here, receiver())
    here.ip("link set lo mtu 60000")
    daemon.wait_for("^joined 239.1.1.1:5001 on eth0$")
    daemon.wait_for_status("^1 joined, 0 emitting, 0.0 datagrams/s$")


def test_the_status_tells_how_many_peers_are_up_and_down(here, there, mcastd):
    daemon = mcastd(here, receiver(DEAD_AFTER="300ms"))
    daemon.wait_for_status("^1 joined, 0 emitting, [0-9.]+ datagrams/s$")
    there.send(b"once", "239.1.1.1", 5001)
    daemon.wait_for_status("^1 joined, 0 emitting, peers: 0 up, 1 down, [0-9.]+ datagrams/s$")
    assert [notice for notice in daemon.notices if "peers: 1 up, " in notice]


def test_the_control_sockets_are_not_needed_and_that_they_lack_stands_in_the_status(here, folder, there, mcastd):
    pathlib.Path(f"{folder}/file").touch()
    daemon = mcastd(here, receiver(HANDLERS="ack"), RUNTIME_DIRECTORY=f"{folder}/file")
    assert daemon.status().endswith("; the control sockets could not be opened")
    assert there.ask(b"still there?", "239.1.1.1", 5001) == [(b"ack", (here.address, 5001))]


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
    daemon = mcastd(here, receiver(HANDLERS="ack"))
    here.ip("link set eth0 down", "link set eth0 up")
    lan.wait_for_link(here, "eth0")

    def heard():
        # The daemon may not have seen yet that the link was down, and is to leave and join still.
        there.send(b"back?", "239.1.1.1", 5001)
        return daemon.counters("mcserver")["acked"]
    eventually(heard, "the group to be heard")
