"""More to be told than can be: the log has a limit, and what is beyond is counted to the last one."""
import contextlib
import os
import re
import tempfile
import time

import pytest

from background import Background
from daemon import emitter, receiver
from figures import report
from flood import Flood, packed
from interfaces import held
from journal import Journal
from lan import drain, eventually
from test_journal import lost_lines

SECONDS = 60 if os.environ.get("MCASTD_FULL") else 10
PER_SECOND, LOG_RATE, BURST = 20000, 100, 200
INTERVAL, BEATS = 0.05, 20


def test_a_flood_is_told_at_its_rate_and_what_is_not_told_is_counted(here, there, mcastd):
    """MCASTD_FULL: for a minute."""
    daemon, count = mcastd(here, receiver(RECEIVE_BUFFER="1M")), PER_SECOND * SECONDS
    with Flood(there, here) as flood:
        took = flood.pour(packed(12, 200), count, PER_SECOND)
    counters = daemon.counters("mcserver")
    assert daemon.stop() == 0
    told = len(daemon.lines("^received"))
    suppressed = sum(int(re.search("[0-9]+", line)[0]) for line in daemon.lines("not recorded"))
    report(f"{count} datagrams in {took:.1f} s ({count / took:.0f}/s): {told} told, at most "
           f"{BURST + LOG_RATE * took:.0f} allowed; {suppressed} said to be suppressed")
    assert counters["received"] == count
    assert counters["recorded"] == told <= BURST + LOG_RATE * took + 1
    assert counters["unrecorded"] == suppressed == count - told


# --- the journal fails under load ---

CHATTY = receiver(HANDLERS="log, ack", ACK_RATE="unlimited", ACK_TOTAL="unlimited", LOG_RATE="unlimited")


class FailingJournal(Journal):
    """What it was given it has read, when it goes. It may also leave the file of its socket behind, as when it is killed."""

    def resume(self):
        """Does not wait for the end of what waits: there is none under load."""
        self._go_on()

    def read_all(self):
        self.stall()
        with contextlib.suppress(TimeoutError):
            while True:
                self._read_one()

    def vanish(self):
        self.read_all()
        super().vanish()

    def die(self):
        self.read_all()
        self._socket.close()

    def come_back(self):
        os.unlink(f"{self.folder}/systemd/journal/socket")
        self.appear()


WAYS = {"stalls": (FailingJournal.stall, FailingJournal.resume), "vanishes": (FailingJournal.vanish, FailingJournal.appear),
        "is-killed": (FailingJournal.die, FailingJournal.come_back)}


@pytest.fixture
def journal(here, folder):
    journal = FailingJournal(here, tempfile.mkdtemp(dir=folder))
    yield journal
    journal.vanish()


class Questions(Background):
    """One after the other, up to a thousand a second; and how long each waited for its answer."""

    def __init__(self, host):
        super().__init__(self._ask)
        self._sock, self.waits = host.udp(), []

    def _ask(self):
        began = time.monotonic()
        self._sock.sendto(b"question", ("239.1.1.1", 5001))
        assert self._sock.recv(64) == b"ack"
        self.waits.append(time.monotonic() - began)
        time.sleep(0.001)

    def wait_for_more(self, count):
        enough = len(self.waits) + count
        eventually(lambda: len(self.waits) >= enough, "more answers")

    def __exit__(self, *raised):
        with self._sock:
            super().__exit__(*raised)


@pytest.mark.parametrize("fail, recover", WAYS.values(), ids=WAYS)
def test_while_the_journal_fails_the_work_goes_on_and_each_lost_line_is_counted(fail, recover, here, there, mcastd, journal):
    heard = there.member("239.1.1.2", 5001)
    daemon = mcastd(here, CHATTY + emitter(MCAST_GROUP="239.1.1.2", MESSAGE="{seq}", INTERVAL=f"{INTERVAL * 1000:.0f}ms"),
                    journal=journal)
    with Questions(there) as questions:
        questions.wait_for_more(100)
        with held(daemon):
            fail(journal)
        # More than the journal's queue can hold.
        questions.wait_for_more(1000)
        drain(heard)
        first, began, before = int(heard.recv(64)), time.monotonic(), len(questions.waits)
        numbers = [int(heard.recv(64)) for _ in range(BEATS)]
        took, waits = time.monotonic() - began, questions.waits[before:]
        recover(journal)
        questions.wait_for_more(100)
    eventually(lambda: lost_lines(journal), "the loss to be told")
    assert daemon.stop() == 0
    journal.wait_for("^stopped$")
    heard.setblocking(False)
    numbers += list(numbers_waiting(heard))
    report(f"while the journal {name_of(fail)}: {BEATS} messages every {INTERVAL * 1000:.0f} ms in {took * 1000:.0f} ms, "
           f"{len(waits)} questions answered within {max(waits) * 1000:.1f} ms each; "
           f"{lost_lines(journal)} lines lost and told")
    assert numbers == list(range(first + 1, first + 1 + len(numbers)))
    assert len(waits) > 0 and took <= 3 * BEATS * INTERVAL
    assert lost_lines(journal) + len(journal.messages("^received|^acknowledged|^sent")) == 2 * len(questions.waits) + numbers[-1]


def numbers_waiting(sock):
    with contextlib.suppress(BlockingIOError):
        while True:
            yield int(sock.recv(64))


def name_of(fail):
    return next(name for name, ways in WAYS.items() if ways[0] is fail).replace("-", " ")
