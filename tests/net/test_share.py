"""Other programs on the port: of the same user they are welcome, of another only with SHARE = any."""
import pytest

from daemon import receiver

BIND = """
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, getattr(socket, sys.argv[1]), 1)
sock.bind(("239.1.1.1", 5001))
"""
NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


@pytest.fixture
def another_user():
    with open("/proc/self/uid_map") as file:
        first, _, count = map(int, file.readline().split())
    if NOBODY not in range(first, first + count):
        pytest.fail("only root can map a second user id: run the suite as root")


def bind(host, option, prefix=()):
    return host.run(*prefix, "/usr/bin/python3", "-c", BIND, option).stderr


@pytest.mark.parametrize("option", ["SO_REUSEPORT", "SO_REUSEADDR"])
def test_another_users_program_cannot_bind_the_port(option, here, another_user, mcastd):
    mcastd(here, receiver())
    assert "Address already in use" in bind(here, option, AS_NOBODY)


def test_another_users_program_can_bind_the_port_with_share_any(here, another_user, mcastd):
    mcastd(here, receiver(SHARE="any"))
    assert bind(here, "SO_REUSEADDR", AS_NOBODY) == ""


def test_a_program_of_the_same_user_can_bind_the_port(here, mcastd):
    mcastd(here, receiver())
    assert bind(here, "SO_REUSEPORT") == ""


def test_two_programs_that_share_the_port_both_hear(here, there, mcastd):
    daemon = mcastd(here, receiver(SHARE="any"))
    with here.member("239.1.1.1", 5001) as other:
        there.send(b"to both", "239.1.1.1", 5001)
        assert other.recv(64) == b"to both"
    daemon.wait_for("^received.*to both")
