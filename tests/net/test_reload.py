"""SIGHUP: what has not changed goes on, what has changed follows the file, a bad file does nothing."""
import os
import re
import signal

from daemon import emitter, receiver
from interfaces import held
from lan import eventually
from stream import Stream, numbers


def test_an_unchanged_section_keeps_its_socket(here, mcastd):
    kept, other = receiver("MCSERVER.kept"), receiver("MCSERVER.other", MCAST_GROUP="239.1.1.2")
    daemon = mcastd(here, kept + other)
    before = here.socket_inode("239.1.1.1", 5001)
    daemon.reload(kept)
    assert here.socket_inode("239.1.1.1", 5001) == before
    descriptors = f"/proc/{daemon.process.pid}/fd"
    assert f"socket:[{before}]" in [os.readlink(f"{descriptors}/{fd}") for fd in os.listdir(descriptors)]


def test_an_unchanged_section_loses_nothing_in_20_reloads(here, there, mcastd):
    kept = receiver("MCSERVER.kept", HANDLERS="log, ack", LOG_RATE="unlimited", ACK_RATE="unlimited",
                    ACK_TOTAL="unlimited")
    daemon = mcastd(here, kept)
    with Stream(there) as stream:
        for n in range(20):
            stream.wait_for_more(10)
            assert "1 kept" in daemon.reload(kept + receiver("MCSERVER.other", PORT=6000 + n))
    received = [int(line.rsplit(" ", 1)[1]) for line in daemon.wait_for("^received", stream.sent)]
    assert received == list(range(stream.sent))
    daemon.wait_for_counters("mcserver.kept", received=stream.sent, acked=stream.sent)


def test_a_reopened_emitter_goes_on_with_its_numbers(here, there, mcastd):
    """Its {boot} is the same as before: whoever hears it would take a smaller {seq} for one that comes late."""
    numbered = {"MESSAGE": "n={seq}", "INTERVAL": "20ms"}
    daemon = mcastd(here, emitter(**numbered))
    with there.member("239.1.1.1", 5001) as ear:
        heard = [int(ear.recv(64).split(b"=")[1]) for _ in range(3)]
        assert "1 reopened" in daemon.reload(emitter(INTERFACE=None, IP_ADDRESS=here.address, **numbered))
        # What was sent before the reload still waits to be heard.
        heard += [int(ear.recv(64).split(b"=")[1]) for _ in range(10)]
    assert heard == list(range(heard[0], heard[0] + 13))


def test_what_waits_at_a_section_that_is_dropped_is_heard(here, there, mcastd):
    kept = receiver("MCSERVER.kept")
    daemon = mcastd(here, kept + receiver("MCSERVER.dropped", PORT=5002))
    with held(daemon):
        there.send(b"the last word", "239.1.1.1", 5002)
        eventually(lambda: waits_at(here, 5002), "the datagram to wait")
        daemon.configure(kept)
        daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for("^reloaded .* 1 kept, .* 1 dropped$")
    assert len(daemon.lines("is up, heard for the first time$|^received 13 bytes .* the last word$")) == 2


def waits_at(host, port):
    """Whether a UDP socket that has this port has something to be read."""
    words = [line.split() for line in host.read("/proc/net/udp").splitlines()[1:]]
    return any(word[1].endswith(f":{port:04X}") and not word[4].endswith(":00000000") for word in words)


def test_nothing_is_lost_in_refused_reloads(here, there, mcastd):
    """Though a section was opened anew in vain, and a datagram may have come to that socket alone. To both: twice."""
    free = {"LOG_RATE": "unlimited", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited", "HANDLERS": "log, ack"}
    daemon = mcastd(here, receiver(**free))
    in_vain = receiver(INTERFACE=None, IP_ADDRESS=here.address, **free) + receiver("MCSERVER.taken", PORT=5002)
    with here.udp("", 5002), Stream(there, window=200) as stream:
        for _ in range(40):
            assert "not reloaded" in daemon.reload(in_vain)
            stream.wait_for_more(5)
    eventually(lambda: set(numbers(daemon, stream.sent)) == set(range(stream.sent)), "all to be heard")


def test_a_reopened_section_loses_nothing_in_200_reloads(here, there, mcastd):
    """Over a wire: there the kernel may hand a datagram to the socket that is about to be closed."""
    def changed(n):
        where = {"INTERFACE": "eth0"} if n % 2 else {"INTERFACE": None, "IP_ADDRESS": here.address}
        return receiver(HANDLERS="log, ack", LOG_RATE="unlimited", ACK_RATE="unlimited", ACK_TOTAL="unlimited",
                        **where)
    daemon = mcastd(here, changed(0))
    with Stream(there, window=200) as stream:
        for n in range(1, 201):
            daemon.reload_unread(changed(n))
    assert len(daemon.lines("^reloaded .* 1 reopened,")) == 200
    received = {int(line.rsplit(" ", 1)[1]) for line in daemon.wait_for("^received", stream.sent)}
    assert received == set(range(stream.sent))


def test_a_bad_file_changes_nothing_and_is_told_with_its_line(here, there, mcastd):
    good = receiver(HANDLERS="log, ack")
    daemon = mcastd(here, good)
    before = here.socket_inode("239.1.1.1", 5001)
    said = daemon.reload(receiver(HANDLERS="log, ack", PORT="70000", MCAST_GROUP="239.1.1.2"))
    assert f"{daemon.file} not reloaded: 1 error" in said
    assert daemon.lines(rf"^{daemon.file}:3: \[mcserver\] PORT: .*70000")
    assert here.memberships() == {("eth0", "239.1.1.1")}
    assert here.socket_inode("239.1.1.1", 5001) == before
    assert there.ask(b"still there?", "239.1.1.1", 5001) == [(b"ack", (here.address, 5001))]


def test_a_good_file_that_cannot_be_followed_changes_nothing_either(here, there, mcastd):
    good = receiver("MCSERVER.good", HANDLERS="ack")
    daemon = mcastd(here, good)
    before = here.socket_inode("239.1.1.1", 5001)
    impossible = receiver("MCSERVER.impossible", PORT=5002)
    with here.udp("", 5002):
        assert "not reloaded" in daemon.reload(receiver("MCSERVER.new", MCAST_GROUP="239.1.1.3") + impossible)
    assert daemon.lines(rf"^{daemon.file}:[0-9]+: \[mcserver\.impossible\] PORT: .*Address already in use$")
    assert [notice for notice in daemon.notices if notice.startswith("STATUS=")][-1].endswith("reload was refused")
    assert here.memberships() == {("eth0", "239.1.1.1")}
    assert here.socket_inode("239.1.1.1", 5001) == before
    assert there.ask(b"still there?", "239.1.1.1", 5001) == [(b"ack", (here.address, 5001))]
    daemon.reload(good)
    assert "refused" not in [notice for notice in daemon.notices if notice.startswith("STATUS=")][-1]


def test_an_interface_that_is_not_there_does_not_refuse_a_reload(here, mcastd):
    good = receiver("MCSERVER.good")
    daemon = mcastd(here, good)
    said = daemon.reload(good + receiver("MCSERVER.early", INTERFACE="eth7"))
    assert "1 kept, 0 retuned, 0 reopened, 1 added, 0 dropped" in said
    assert daemon.lines("^waiting to hear 239.1.1.1:5001: there is no interface eth7$")
    assert re.match(r"1 joined, 0 emitting, 1 waiting, ", daemon.status())


def test_a_section_whose_interface_goes_with_the_reload_is_reopened_to_wait(here, mcastd):
    daemon = mcastd(here, receiver())
    assert "1 reopened" in daemon.reload(receiver(INTERFACE="eth7"))
    assert here.memberships() == set()
    assert daemon.lines("^waiting to hear 239.1.1.1:5001: there is no interface eth7$")


def test_memberships_follow_the_file(here, second_lan, mcastd):
    second_lan.plug(here, multicast_route=False)
    kept, dropped, added = (receiver(f"MCSERVER.{n}", MCAST_GROUP=f"239.1.1.{n}") for n in (1, 2, 3))
    moved = {"name": "MCSERVER.4", "MCAST_GROUP": "239.1.1.4"}
    daemon = mcastd(here, kept + dropped + receiver(**moved))
    assert here.memberships() == {("eth0", "239.1.1.1"), ("eth0", "239.1.1.2"), ("eth0", "239.1.1.4")}
    said = daemon.reload(kept + added + receiver(**moved, INTERFACE="eth1"))
    assert "1 kept, 0 retuned, 1 reopened, 1 added, 1 dropped" in said
    assert here.memberships() == {("eth0", "239.1.1.1"), ("eth0", "239.1.1.3"), ("eth1", "239.1.1.4")}


def test_the_service_manager_is_told_of_a_reload(here, mcastd):
    daemon = mcastd(here, receiver())
    before = len(daemon.notices)
    daemon.reload(receiver())
    names = [notice.split("=")[0] for notice in daemon.notices[before:]]
    assert [name for name in names if name != "STATUS"] == ["RELOADING", "MONOTONIC_USEC", "READY"]


def test_an_emitter_follows_the_file(here, there, mcastd):
    old, new = there.member("239.1.1.1", 5001), there.member("239.1.1.2", 5001)
    daemon = mcastd(here, emitter(INTERVAL="50ms", MESSAGE="old"))
    assert old.recv(64) == b"old"
    daemon.reload(emitter(INTERVAL="50ms", MESSAGE="new", MCAST_GROUP="239.1.1.2"))
    assert new.recv(64) == b"new"
