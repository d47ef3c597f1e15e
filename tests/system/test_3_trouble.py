"""What the service does when it or the journal is killed, hung or stopped."""
import contextlib
import datetime
import re
import time

import pytest

from container import eventually
from sections import BEAT_SECONDS, ask, hear_beats

# More than the queue of journald's socket can hold, whatever net.unix.max_dgram_qlen is (10 to 512).
MORE_THAN_THE_JOURNAL_QUEUES = 2000
LOST = re.compile(r"(\d+) lines? could not be written to the log and (?:are|is) lost")
PACKAGED_GROUP = ("lo", "239.1.1.1")
WATCHDOG_SECONDS, MARGIN_SECONDS = 20, 5


def test_a_killed_daemon_is_started_again(service):
    pid, restarts = service.pid, service.restarts
    service.signal("KILL")
    service.wait_for_another_process(than=pid)
    assert service.restarts == restarts + 1
    assert service.show("StatusText") != ""


def test_a_daemon_that_was_killed_answers_again(service):
    pid = service.pid
    service.signal("KILL")
    service.wait_for_another_process(than=pid)
    assert f'"pid":{service.pid},' in service.container.output("mcastctl", "status", "--json").replace(" ", "")


def test_a_hung_daemon_is_noticed_and_started_again(service, figures):
    mark, pid, start = service.journal.mark(), service.pid, time.monotonic()
    service.signal("STOP")
    service.wait_for_another_process(than=pid)
    seconds = time.monotonic() - start
    figures("a hung daemon was replaced after", f"{seconds:.1f} s")
    assert seconds <= WATCHDOG_SECONDS + MARGIN_SECONDS
    assert service.journal.wait_for("Watchdog timeout", mark)
    assert service.journal.wait_for("Failed with result 'watchdog'", mark)


@pytest.mark.usefixtures("on_the_lan")
def test_a_stalled_journal_delays_no_beat(service, peer):
    mark = service.journal.mark()
    with stalled_journal(service.container):
        fill_the_journals_queue(peer)
        beats = [datetime.datetime.fromisoformat(beat.removeprefix("ATU ")) for beat in hear_beats(peer, 6)]
    # What comes next, another configuration, is looked for in the journal.
    ask_until_lines_are_written_again(service, peer, mark)
    gaps = [(after - before).total_seconds() for before, after in zip(beats, beats[1:])]
    assert [round(gap / BEAT_SECONDS) for gap in gaps] == [1] * 5


@pytest.mark.usefixtures("only_a_receiver")
def test_every_line_that_a_stalled_journal_could_not_take_is_counted(service, peer, figures):
    mark = service.journal.mark()
    with stalled_journal(service.container):
        requests = fill_the_journals_queue(peer)
    requests += ask_until_lines_are_written_again(service, peer, mark)
    lines = service.journal.lines(mark)
    written = sum(line.startswith(("received ", "acknowledged ")) for line in lines)
    lost = sum(int(match[1]) for match in map(LOST.fullmatch, lines) if match)
    figures("lines lost while the journal was stalled", f"{lost} of {2 * requests}")
    assert lost > 0
    assert written + lost == 2 * requests


@pytest.fixture(scope="module")
def stopped(service):
    """Stops the service for the tests that follow; returns where the journal was before."""
    mark = service.journal.mark()
    assert PACKAGED_GROUP in service.container.host.memberships()
    assert service.systemctl("stop")
    yield mark
    assert service.systemctl("start")


def test_a_stop_ends_with_success(service, stopped):
    assert (service.show("Result"), service.show("ExecMainStatus")) == ("success", "0")


def test_a_stop_says_which_groups_were_left(service, stopped):
    expected = ["stopping on SIGTERM", "left 239.1.1.1:5001 on lo", "stopped"]
    service.journal.wait_for("^stopped$", stopped)
    assert [line for line in service.journal.lines(stopped) if line in expected] == expected


def test_a_stop_leaves_the_group(service, stopped):
    assert PACKAGED_GROUP not in service.container.host.memberships()


def test_a_stop_removes_the_sockets(service, stopped):
    assert not service.container.path("/run/mcastd").exists()


def test_who_asks_while_it_is_stopped_is_told_so(service, stopped):
    asked = service.container.run("mcastctl", "status", check=False)
    assert asked.returncode != 0
    assert "systemctl status mcastd" in asked.stdout


@contextlib.contextmanager
def stalled_journal(container):
    pid = container.output("systemctl", "show", "--property=MainPID", "--value", "systemd-journald")
    container.run("kill", "-STOP", pid)
    try:
        yield
    finally:
        container.run("kill", "-CONT", pid)


def fill_the_journals_queue(peer):
    """Each request is answered before the next one is sent: none is lost on the way. Returns their number."""
    with peer.udp(peer.address) as asker:
        for _ in range(MORE_THAN_THE_JOURNAL_QUEUES):
            assert ask(asker)[0] == b"ack"
    return MORE_THAN_THE_JOURNAL_QUEUES


def ask_until_lines_are_written_again(service, peer, mark):
    """The loss is reported with the next line, so there must be a next line. Returns the number of requests."""
    sources = []

    def last_answer_is_logged():
        if sources and service.journal.find(f"^acknowledged {sources[-1]}$", mark):
            return True
        with peer.udp(peer.address) as asker:
            ask(asker)
            sources.append("%s:%d" % asker.getsockname())

    eventually(last_answer_is_logged, "lines in the journal again")
    return len(sources)
