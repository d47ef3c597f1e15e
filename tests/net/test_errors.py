"""System calls that fail: the section says so once, counts, and goes on by itself when they work again."""
import contextlib
import errno
import os
import re
import resource
import time

import pytest

from control import ask
from daemon import built, emitter, receiver
from faults import STRACE, WITHOUT_LEAK_CHECK, FromTheStart, injected, injections, udp_inodes
from interfaces import descriptors, sockets
from lan import eventually

OFTEN = {"INTERVAL": "50ms"}
FREE = {"LOG_RATE": "unlimited", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}
# What a section says of a call that failed when it was opened.
COMPLAINT = r"^{file}:{line}: \[{section}\] [A-Z_]+: cannot [a-z].*: {error}$"


# --- sending ---

TRANSIENT = ["EAGAIN", "ENOBUFS", "ECONNREFUSED"]
LASTING = ["ENETUNREACH", "EHOSTUNREACH", "EPERM", "EMSGSIZE", "EINVAL", "EACCES"]
MORE = " (more than the interface can send?)"
HINTS = {"EPERM": " (a firewall of this host?)", "EAGAIN": MORE, "ENOBUFS": MORE}


def text(error):
    return re.escape(os.strerror(getattr(errno, error)))


def start_emitter(here, mcastd):
    """And its socket, so that nothing else fails."""
    daemon = mcastd(here, emitter(MESSAGE="{seq}", **OFTEN))
    daemon.wait_for('^sent "2"')
    inode, = udp_inodes(here, daemon)
    return daemon, inode


@pytest.mark.parametrize("error", TRANSIENT + LASTING)
def test_what_cannot_be_sent_is_told_once_and_counted_until_it_can(error, here, there, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon, inode = start_emitter(here, mcastd)
    with injected(daemon, here, f"sendto:error={error}", inode) as strace:
        eventually(lambda: injections(strace) >= 10, "ten messages that fail")
    told, = daemon.wait_for("^sending to 239.1.1.1:5001 again; messages not sent: [0-9]+$")
    counters = daemon.counters("mcclient")
    assert counters["send_errors"] == injections(strace) == int(told.split()[-1])
    assert daemon.lines("cannot") == [f"cannot send to 239.1.1.1:5001: {os.strerror(getattr(errno, error))}{HINTS.get(error, '')}"]
    # Only what was sent is numbered.
    numbers = [int(heard.recv(64)) for _ in range(counters["sent"])]
    assert numbers == list(range(1, counters["sent"] + 1))


@pytest.mark.parametrize("error", LASTING)
def test_what_lasts_stands_in_the_status_until_it_is_over(error, here, mcastd):
    daemon, inode = start_emitter(here, mcastd)
    with injected(daemon, here, f"sendto:error={error}", inode):
        daemon.wait_for_status(rf"^0 joined, 0 emitting, 1 failed, .*; \[mcclient\] failed: "
                               rf"cannot send to 239.1.1.1:5001: {text(error)}{re.escape(HINTS.get(error, ''))}$")
    daemon.wait_for_status("^0 joined, 1 emitting, 0.0 datagrams/s$")


def test_what_fails_again_is_in_the_status_each_time_but_its_end_is_told_after_a_quiet(here, mcastd):
    """Of ten seconds. The first end is told at once: before the message that could be sent."""
    daemon, inode = start_emitter(here, mcastd)
    again = "^sending to 239.1.1.1:5001 again; messages not sent: [0-9]+$"
    for times in 1, 2:
        with injected(daemon, here, "sendto:error=EPERM", inode) as strace:
            daemon.wait_for("^cannot send to 239.1.1.1:5001: ", times)
            assert state_of(daemon) == "failed"
            failing, before = time.monotonic(), injections(strace)
            eventually(lambda: injections(strace) >= before + 2, "two more messages that fail")
            sent = len(daemon.lines('^sent "'))
        daemon.wait_for('^sent "', sent + 1)
        assert state_of(daemon) == "active"
        assert times > 1 or len(daemon.lines(again)) == 1
    told = daemon.wait_for(again, 2)
    assert time.monotonic() - failing >= 10
    assert len(told) == len(daemon.lines("cannot")) == 2
    assert sum(int(line.split()[-1]) for line in told) == daemon.counters("mcclient")["send_errors"]


def state_of(daemon):
    section, = ask(daemon, "status")["sections"]
    return section["state"]


@pytest.mark.parametrize("error", TRANSIENT)
def test_what_passes_is_not_in_the_status(error, here, mcastd):
    daemon, inode = start_emitter(here, mcastd)
    before = len(daemon.notices)
    with injected(daemon, here, f"sendto:error={error}", inode) as strace:
        eventually(lambda: injections(strace) >= 10, "ten messages that fail")
    daemon.wait_for("^sending to 239.1.1.1:5001 again")
    daemon.reload(emitter(MESSAGE="{seq}", **OFTEN))
    assert not [notice for notice in daemon.notices[before:] if "failed" in notice]


def test_what_could_not_be_sent_is_tried_at_each_beat_and_no_more_often(here, there, mcastd):
    daemon, inode = start_emitter(here, mcastd)
    began = time.monotonic()
    with injected(daemon, here, "sendto:error=EPERM", inode) as strace:
        eventually(lambda: injections(strace) >= 20, "twenty messages that fail")
    assert injections(strace) <= (time.monotonic() - began) / 0.05 + 1


def test_what_could_not_be_sent_is_tried_when_an_interface_changes(here, mcastd):
    """And not only an hour later."""
    daemon = mcastd(here, emitter(INTERVAL="1h"))
    daemon.wait_for('^sent "')
    inode, = udp_inodes(here, daemon)
    with injected(daemon, here, "sendto:error=EPERM", inode):
        daemon.reload(emitter(**OFTEN))
        daemon.wait_for("^cannot send")
        daemon.reload(emitter(INTERVAL="1h"))
    here.ip("link set lo mtu 60000")
    daemon.wait_for("^sending to 239.1.1.1:5001 again; messages not sent: [0-9]+$")


@pytest.mark.parametrize("error", TRANSIENT + LASTING)
def test_an_ack_that_cannot_be_sent_is_told_once_and_counted(error, here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack", **FREE))
    # From ports of their own, so that no two acks go together.
    with injected(daemon, here, f"sendmmsg:error={error}") as strace, contextlib.ExitStack() as open_until:
        socks = [open_until.enter_context(there.udp()) for _ in range(20)]
        with there.entered():
            for sock in socks:
                sock.sendto(b"question", ("239.1.1.1", 5001))
        daemon.wait_for_counters("mcserver", received=20, recorded=20, acks_failed=20)
    assert injections(strace) == 20
    assert there.ask(b"again", "239.1.1.1", 5001) == [(b"ack", (here.address, 5001))]
    assert len(daemon.lines(f"^cannot send acks .first one to 10.0.0.2:[0-9]+: {text(error)}.$")) == 1
    assert len(daemon.lines("cannot")) == 1
    daemon.wait_for_counters("mcserver", received=21, acked=1, acks_failed=20)


# --- receiving ---

IN_VAIN = ["EINTR", "EAGAIN"]
FAILING = ["ENOMEM", "ENOBUFS", "ENETDOWN", "ECONNREFUSED"]


@pytest.mark.parametrize("error", IN_VAIN + FAILING)
def test_what_could_not_be_received_is_received_in_the_end(error, here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="ack", **FREE))
    with injected(daemon, here, f"recvmmsg:error={error}") as strace:
        for _ in range(20):
            there.send(b"question", "239.1.1.1", 5001)
        eventually(lambda: injections(strace) >= 3, "three failures")
    daemon.wait_for_counters("mcserver", received=20, acked=20)
    failures = injections(strace) if error in FAILING else 0
    assert daemon.counters("mcserver")["receive_errors"] == failures
    assert len(daemon.lines("cannot")) == (1 if failures else 0)
    assert len(daemon.lines(f"^cannot receive .{text(error)}.$")) == (1 if failures else 0)


@pytest.mark.parametrize("error", IN_VAIN + FAILING)
def test_an_error_that_goes_on_does_not_make_it_spin(error, here, there, mcastd):
    """An error is followed by a pause of 100 ms, and so are 64 calls in vain."""
    in_a_row = 64 if error in IN_VAIN else 1
    daemon = mcastd(here, receiver())
    began = time.monotonic()
    with injected(daemon, here, f"recvmmsg:error={error}") as strace:
        there.send(b"question", "239.1.1.1", 5001)
        eventually(lambda: injections(strace) >= 5 * in_a_row, "some pauses")
    assert injections(strace) <= in_a_row * (1 + (time.monotonic() - began) / 0.1)
    daemon.wait_for("^received .*question$")


@pytest.mark.parametrize("error", IN_VAIN + FAILING)
def test_other_sections_go_on_while_one_cannot_receive(error, here, there, mcastd):
    daemon = mcastd(here, receiver("MCSERVER.a", HANDLERS="ack") + receiver("MCSERVER.b", PORT=5002, HANDLERS="ack"))
    inode = int(here.socket_inode("239.1.1.1", 5001))
    with injected(daemon, here, f"recvmmsg:error={error}", inode) as strace:
        there.send(b"question", "239.1.1.1", 5001)
        for _ in range(10):
            assert there.ask(b"question", "239.1.1.1", 5002)[0][0] == b"ack"
        eventually(lambda: injections(strace), "a failure")
    daemon.wait_for_counters("mcserver.a", received=1, acked=1)


@pytest.mark.parametrize("error", IN_VAIN + FAILING)
def test_an_emitter_that_cannot_receive_acks_still_sends(error, here, there, lan, mcastd):
    mcastd(lan.host(), receiver(HANDLERS="ack", **FREE))
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="{seq}", **OFTEN))
    daemon.wait_for("^acks for message")
    with injected(daemon, here, f"recvmmsg:error={error}") as strace:
        eventually(lambda: injections(strace) >= 3, "three failures")
        before = daemon.counters("mcclient")["sent"]
        eventually(lambda: int(heard.recv(64)) > before + 5, "messages that go on")
    said = len(daemon.lines("^acks for message"))
    daemon.wait_for("^acks for message", said + 1)
    assert len(daemon.lines("^cannot receive")) == (1 if error in FAILING else 0)


# --- opening, at the start ---

BOTH = receiver() + emitter(PORT=5002, INTERFACE=None, IP_ADDRESS="10.0.0.1", INTERVAL="1h")
CALLS_OF = {"setsockopt": {"mcserver": 9, "mcclient": 4}, "bind": {"mcserver": 1, "mcclient": 1}}
OPTIONAL = "setsockopt", 6  # UDP_GRO, which an old kernel does not have
# The first are those of netlink.
CALLS_BEFORE = {"setsockopt": 0, "bind": 2}
NEVER = ["EPERM", "EACCES", "EAFNOSUPPORT"]
PASSING = ["ENOMEM", "ENOBUFS", "EADDRINUSE", "EINVAL", "ENOPROTOOPT"]


def calls_of_sections():
    """Each (system call, its number among all of its kind, the section that makes it, the section's line)."""
    for call, counts in CALLS_OF.items():
        number = CALLS_BEFORE[call]
        for section, count in counts.items():
            for _ in range(count):
                number += 1
                if (call, number) != OPTIONAL:
                    yield call, number, section, 1 if section == "mcserver" else 5


each_call = pytest.mark.parametrize("call, number, section, line", list(calls_of_sections()))


def test_these_are_all_calls_of_a_start(here, folder, mcastd):
    for call, counts in CALLS_OF.items():
        fault = FromTheStart(f"{folder}/{call}", f"{call}:error=EPERM:when=1000")
        mcastd(here, BOTH, journal=fault, **WITHOUT_LEAK_CHECK).stop()
        with open(f"{folder}/{call}") as file:
            # But those of the service manager's and the control sockets, without which the daemon goes on, and that which
            # leaves the group in the end.
            made = [line for line in file
                    if f"{call}(" in line and not re.search("SO_SNDBUF|LEAVE|AF_UNIX", line)]
        assert len(made) == CALLS_BEFORE[call] + sum(counts.values())


@each_call
def test_what_can_never_work_ends_the_start_and_section_and_option_are_named(
        call, number, section, line, here, folder):
    file = f"{folder}/mcastd.conf"
    with open(file, "w") as to:
        to.write(BOTH)
    for error in NEVER:
        outcome = here.run(*STRACE, "-qq", "-o", "/dev/null", "-E", "ASAN_OPTIONS=detect_leaks=0", "-e", f"trace={call}",
                           "-e", f"inject={call}:error={error}:when={number}", built("mcastd"), "-c", file)
        assert outcome.returncode == 78
        complaint = COMPLAINT.format(file=file, line=line, section=section, error=text(error))
        assert len(re.findall(complaint, outcome.stderr, re.M)) == 1, outcome.stderr


@each_call
@pytest.mark.parametrize("error", PASSING)
def test_what_may_pass_fails_that_section_alone_until_an_interface_changes(
        error, call, number, section, line, here, folder, mcastd):
    fault = FromTheStart(f"{folder}/trace", f"{call}:error={error}:when={number}")
    daemon = mcastd(here, BOTH, journal=fault, **WITHOUT_LEAK_CHECK)
    complaint = COMPLAINT.format(file=daemon.file, line=line, section=section, error=text(error))
    assert len(daemon.lines(complaint)) == 1
    others = "0 joined, 1 emitting" if section == "mcserver" else "1 joined, 0 emitting"
    assert re.match(rf"{others}, 1 failed, 0.0 datagrams/s; \[{section}\] failed: .*cannot", daemon.status())
    here.ip("link set lo mtu 60000")
    daemon.wait_for_status("^1 joined, 1 emitting, [0-9.]+ datagrams/s$")
    assert len(daemon.lines("cannot")) == 1


@each_call
def test_an_interface_that_went_in_between_is_waited_for(call, number, section, line, here, folder, mcastd):
    daemon = mcastd(here, BOTH, journal=FromTheStart(f"{folder}/trace", f"{call}:error=ENODEV:when={number}"),
                    **WITHOUT_LEAK_CHECK)
    purpose = "hear 239.1.1.1:5001" if section == "mcserver" else "send to 239.1.1.1:5002"
    assert len(daemon.lines(f"^waiting to {purpose}: cannot .*: No such device$")) == 1
    here.ip("link set lo mtu 60000")
    daemon.wait_for_status("^1 joined, 1 emitting, [0-9.]+ datagrams/s$")


@pytest.mark.parametrize("error", [*NEVER, *PASSING])
def test_without_what_is_optional_it_hears_as_well(error, here, there, folder, mcastd):
    call, number = OPTIONAL
    daemon = mcastd(here, receiver(HANDLERS="ack"), journal=FromTheStart(f"{folder}/trace", f"{call}:error={error}:when={number}"),
                    **WITHOUT_LEAK_CHECK)
    with open(f"{folder}/trace") as file:
        assert re.search(r"UDP_GRO.*INJECTED", file.read())
    assert there.ask(b"hello", "239.1.1.1", 5001)[0][0] == b"ack"
    assert not daemon.lines("cannot")


# --- opening, at a reload ---

KEPT = receiver("MCSERVER.kept", MCAST_GROUP="239.1.1.9", HANDLERS="ack")


@each_call
@pytest.mark.parametrize("error", ["EPERM", "ENOBUFS"])
def test_a_reload_that_cannot_open_a_section_is_refused_and_names_section_and_option(
        error, call, number, section, line, here, there, mcastd):
    daemon = mcastd(here, KEPT)
    before = sockets(daemon)
    with injected(daemon, here, f"{call}:error={error}:when={number - CALLS_BEFORE[call]}"):
        said = daemon.reload(BOTH + KEPT)
    assert said == f"{daemon.file} not reloaded: {os.strerror(getattr(errno, error))}; going on as before"
    complaint = COMPLAINT.format(file=daemon.file, line=line, section=section, error=text(error))
    assert len(daemon.lines(complaint)) == len(daemon.lines(": cannot ")) == 1
    assert sockets(daemon) == before
    assert there.ask(b"still there?", "239.1.1.9", 5001)[0][0] == b"ack"
    assert "1 kept, 0 retuned, 0 reopened, 2 added, 0 dropped" in daemon.reload(BOTH + KEPT)


# --- no descriptors left ---


def set_limit(daemon, descriptors):
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (descriptors, 4096))


def test_a_reload_without_a_descriptor_left_is_refused(here, there, mcastd):
    daemon = mcastd(here, KEPT)
    set_limit(daemon, descriptors(daemon))
    assert "not reloaded" in daemon.reload(KEPT + receiver("MCSERVER.more"))
    assert there.ask(b"still there?", "239.1.1.9", 5001)[0][0] == b"ack"
    set_limit(daemon, 4096)
    assert "1 added" in daemon.reload(KEPT + receiver("MCSERVER.more"))


def test_a_section_that_is_opened_without_a_descriptor_left_names_itself_and_is_opened_later(here, there, mcastd):
    daemon = mcastd(here, KEPT + receiver("MCSERVER.late", INTERFACE="late"))
    set_limit(daemon, max(map(int, os.listdir(f"/proc/{daemon.process.pid}/fd"))) + 1)
    here.ip("link add late type bridge", "link set late up")
    daemon.wait_for(r"\[mcserver.late\] MCAST_GROUP: cannot open a socket for 239.1.1.1: Too many open files$")
    daemon.wait_for_status(r"^1 joined, 0 emitting, 1 failed, .*; \[mcserver.late\] failed: ")
    assert there.ask(b"still there?", "239.1.1.9", 5001)[0][0] == b"ack"
    set_limit(daemon, 4096)
    here.ip("link set late mtu 1400")
    daemon.wait_for("^joined 239.1.1.1:5001 on late$")
