"""How many records arrive in the journal: row P12.

A journald of its own for each contender, with its files in memory: in the contender's network namespace, and in a mount
namespace that the contender enters as well. journald has a core to itself. It takes less than it is offered, so what
counts is that it never waits for a record; and that mcastd, whose datagrams come on regardless, is never held up."""
import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from ctl import document
from daemon import Daemon, emitter
from emitters import heard, listening, missing, nth_group
from lab import DEADLINE, GROUP, PORT, built, pinned, receiving, tried
from lan import Program, eventually
from table import Missing, Row

JOURNALD = "/lib/systemd/systemd-journald"
MESSAGE_ID = "98a750d4fb3c4c04bf1f71cb3d74a046"  # of `received`, as in event.c and journal.c
SECONDS, STALLED_SECONDS = 3, 1
RATE = 100_000  # datagrams a second, more than journald can take
BEAT_NS, BEAT_PORT = 50_000_000, PORT + 1
# A namespace has 10 as the length of a queue, systemd sets 512.
IN_A_MOUNT_NAMESPACE = f"""set -e
echo 512 >/proc/sys/net/unix/max_dgram_qlen
for folder in /run /var/log /etc/systemd; do mount -t tmpfs tmpfs $folder; done
mkdir -p /run/systemd/journal
printf '%s\\n' '[Journal]' Storage=volatile RateLimitBurst=0 ReadKMsg=no Audit=no ForwardToSyslog=no RuntimeMaxUse=2G \
        RuntimeMaxFileSize=1G >/etc/systemd/journald.conf
exec {JOURNALD}"""
WITH_ITS_ERRORS_IN_THE_JOURNAL = 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$@"'


class Journald:
    def __init__(self, lab, contender):
        self.lab, self.host, self.pid, self.process = lab, contender.host, contender.pid, contender.program.process

    def wrap(self, command):
        return ["nsenter", "--target", self.pid, "--mount", "sh", "-c", WITH_ITS_ERRORS_IN_THE_JOURNAL, "-", *command]

    def start(self, *command):
        with pinned(self.lab.core):
            return Program(self.host, *self.wrap(command))

    def kept_waiting_ns(self):
        """How long it was ready to run, but others were on its core."""
        return int(pathlib.Path(f"/proc/{self.pid}/schedstat").read_text().split()[1])

    def times(self, *options):
        """When journald has taken each record, in seconds since 1970."""
        printed = self._run("journalctl", "--directory=/run/log/journal", "--output=short-unix", "--quiet", *options,
                            f"MESSAGE_ID={MESSAGE_ID}")
        return [float(line.split()[0]) for line in printed.splitlines()]

    def wait_for_records(self):
        eventually(lambda: self.times("--lines=1"), "the first record")

    @contextlib.contextmanager
    def standing_still(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _run(self, *command):
        return subprocess.run(list(map(str, self.wrap(command))), capture_output=True, text=True, check=True,
                              timeout=DEADLINE).stdout


@contextlib.contextmanager
def journald(lab):
    def ready(host):
        process = pathlib.Path(f"/proc/{host.programs[-1].process.pid}")
        is_journald = (process / "comm").read_text() == "systemd-journal\n"
        return is_journald and (process / "root/run/systemd/journal/socket").exists()
    with lab.program("unshare", "--mount", "sh", "-c", IN_A_MOUNT_NAMESPACE, ready=ready) as running:
        os.sched_setaffinity(running.pid, {lab.load_core})
        yield Journald(lab, running)


def us_each(journald):
    """Time for each record that arrives from now on; called when all is over. While other programs are on journald's
    core no time passes."""
    began, kept_waiting = time.time(), journald.kept_waiting_ns()
    time.sleep(SECONDS)
    ended, kept_waiting = time.time(), journald.kept_waiting_ns() - kept_waiting

    def figure():
        records = sum(began <= time <= ended for time in journald.times())
        return ((ended - began) * 1e6 - kept_waiting / 1000) / max(1, records)
    return figure


def by_the_library(lab):
    with journald(lab) as journal:
        loop = journal.start(built("tests/bench/bench_journal"))
        journal.wait_for_records()
        figure = us_each(journal)
        loop.kill()
        return figure()


def beats_missed(listener):
    times, = heard(listener, DEADLINE)
    return missing(times, BEAT_NS)


def by_mcastd(lab):
    """Time for each record; messages that an emitter of the same daemon has not sent meanwhile, and while journald
    stood still; and the part of the lines that the daemon says it has lost."""
    config = (receiving(HANDLERS="log", LOG_RATE="unlimited") +
              emitter(MCAST_GROUP=nth_group(0), PORT=BEAT_PORT, INTERFACE="lo", INTERVAL=f"{BEAT_NS // 10**6}ms"))
    beats = (SECONDS + STALLED_SECONDS) * 10**9 // BEAT_NS
    with journald(lab) as journal, tempfile.TemporaryDirectory(prefix="mcastd-") as folder:
        with pinned(lab.core):
            daemon = Daemon(journal.host, config, folder, journal=journal)
            load = Program(journal.host, built("tests/bench/bench_pace"), GROUP, PORT, RATE)
        journal.wait_for_records()
        with listening(lab, journal.host, 1, BEAT_PORT, beats) as listener:
            figure = us_each(journal)
            with journal.standing_still():
                time.sleep(STALLED_SECONDS)
                load.kill()
                missed = beats_missed(listener)
            told = document(daemon, journal.host, "status")
            received = sum(section["counters"].get("received", 0) for section in told["sections"])
            return {"us": figure(), "missed": missed, "refused": 100 * told["daemon"]["log_lost"] / received}


def recorded(lab):
    found = tried(lambda: by_mcastd(lab))
    figures = {"library": by_the_library(lab)}
    for who, what in ("mcastd", "us"), ("beats missed", "missed"), ("refused", "refused"):
        figures[who] = found if isinstance(found, Missing) else found[what]
    return figures


ROWS = [
    Row("P12", "records that arrive in the journal", "us", recorded, 1, "library"),
    Row("P12 beats", "messages missed under that load, journald at a standstill", "", recorded, 0, None,
        "beats missed"),
    Row("P12 refused", "lines that nobody took", "%", recorded, None, None, "refused"),
]
