"""What one datagram costs the process that receives it: rows P1 to P6 and P13.

Where there are acks the receiver is slower than the load, so it is always busy. Without them it is faster: it reads
what has just come, and to wait for more is a part of what it costs (P4). Put to sleep while datagrams are sent (BEHIND)
it has a full queue when it wakes up, and only what it does with each of them counts: so it is where mcastd is compared
with itself.

The floor asks the kernel for nothing but the payload. `told` is the same loop with what no program can do without that
has more than one socket, answers from the
address that was asked, and counts what was dropped: epoll, packet info, times of arrival."""
import contextlib
import pathlib

from lab import RECEIVER, Lost, receiving, tried
from table import Missing, Row

COUNT = 200_000
PYTHON_COUNT = 50_000
BURSTS = ["-b", 64]
# With a smaller window the load would be the slower one; but it needs the room that the contenders ask for.
ROOM = int(pathlib.Path("/proc/sys/net/core/rmem_max").read_text()) >= 4 << 20
SEGMENTS = ["-b", 64, "-g", "-w", 4096 if ROOM else 512]
BEHIND = ["-r", RECEIVER]
SOURCES = 100_000
WARM_UP = 2000  # datagrams: many full batches, so that each of their pages was in use
GROUPS = 1000
TURNS = 5


class Candidate:
    """A contender that is there all the time, and what it has spent in its turns."""

    def __init__(self, running, load, count):
        self.running, self.load, self.share = running, load, count // TURNS
        self.ns, self.lost = 0, None

    def turn(self):
        self.attempt(lambda: self.running.spent_ns(self.share, *self.load))

    def attempt(self, spend):
        """After a loss it has no more turns."""
        try:
            self.ns += 0 if self.lost else spend()
        except Lost as error:
            self.lost = Missing(error)

    def end(self):
        def check():
            self.running.must_have_received_all()
            return 0
        self.attempt(check)

    def figure(self):
        return self.lost or self.ns / (self.share * TURNS) / 1000


def side_by_side(**candidates):
    """Of each, CPU time for a datagram. They take turns, so that what disturbs the machine disturbs all of them; one
    turn before the first does not count. A candidate is a contender, its load, and how much of it."""
    with contextlib.ExitStack() as stack:
        ready = {name: Candidate(stack.enter_context(contender), load, count)
                 for name, (contender, load, count) in candidates.items()}
        for candidate in ready.values():
            candidate.turn()
            candidate.ns = 0
        for _ in range(TURNS):
            for candidate in ready.values():
                candidate.turn()
        for candidate in ready.values():
            candidate.end()
        return {name: candidate.figure() for name, candidate in ready.items()}


def acked(lab, *load):
    load = ["-a", *load]
    return side_by_side(floor=(lab.floor("-a"), load, COUNT), told=(lab.floor("-a", "-e", "-t"), load, COUNT),
                        mcastd=(lab.mcastd(receiving()), load, COUNT),
                        Python=(lab.python("-a"), load, PYTHON_COUNT))


def received(lab, *load, **others):
    return side_by_side(floor=(lab.floor(), load, COUNT), told=(lab.floor("-e", "-t"), load, COUNT),
                        mcastd=(lab.mcastd(receiving(HANDLERS="log")), load, COUNT),
                        Python=(lab.python(), load, PYTHON_COUNT), **others)


def many_sockets(lab):
    return acked(lab, "-s", 1000)


def many_hosts(lab):
    return acked(lab, "-s", 1000, "-p", 1000)


def bursts(lab):
    return acked(lab, *BURSTS)


def segments(lab):
    return acked(lab, *SEGMENTS)


def bursts_received(lab):
    return received(lab, *BURSTS, socat=(lab.socat(), BURSTS, PYTHON_COUNT))


def bursts_waiting(lab):
    return received(lab, *BURSTS, *BEHIND)


def segments_received(lab):
    return received(lab, *SEGMENTS)


def many_groups(lab):
    """Without acks, as it is the way in that could depend on how many there are."""
    load = [*BURSTS, *BEHIND]
    idle = [receiving(name=f"MCSERVER.g{number}", MCAST_GROUP=f"239.2.{number // 250}.{number % 250}", HANDLERS="log")
            for number in range(GROUPS - 1)]
    busy = receiving(HANDLERS="log")
    return side_by_side(**{"one group": (lab.mcastd(busy), load, COUNT),
                           "mcastd": (lab.mcastd("".join([*idle, busy])), load, COUNT)})


def many_peers(lab):
    """Without acks: those to one peer may go out together, those to many cannot, and that is not what is asked here."""
    config = receiving(HANDLERS="log", PEERS=131072, DEAD_AFTER="1h")
    load = [*BURSTS, *BEHIND]
    with lab.mcastd(config) as knowing:
        figures = tried(lambda: introduce(knowing, ["-p", SOURCES, *load]))
        if isinstance(figures, Missing):
            return dict.fromkeys(("one peer", "mcastd", "memory of a peer"), figures)
        return figures | side_by_side(**{
            "one peer": (lab.mcastd(config), ["-p", 1, *load], COUNT),
            "mcastd": (contextlib.nullcontext(knowing), ["-p", SOURCES, *load], COUNT)})


def introduce(running, load):
    """Makes all peers known. By how much its memory grows for each of them: what any traffic needs it has before."""
    running.load("-n", WARM_UP, *load, "-p", 1)
    before = running.status("VmRSS")
    running.load("-n", SOURCES, *load)
    growth = (running.status("VmRSS") - before) * 1024 / SOURCES
    section, = running.sections()
    if section["peers"]["new"] + section["peers"]["up"] != SOURCES:
        raise Lost(f"of {SOURCES} peers it knows {section['peers']}")
    return {"memory of a peer": growth}


ROWS = [
    Row("P1", "1,000 sockets send in turn, ack", "us", many_sockets, 1.10, "floor", others=("told", "Python")),
    Row("P1 hosts", "the same from 1,000 addresses", "us", many_hosts, None, "floor", others=("told", "Python")),
    Row("P2", "one sender, bursts of 64, ack", "us", bursts, 1.0, "floor", others=("told", "Python")),
    Row("P3", "one sender, UDP_SEGMENT, ack", "us", segments, 0.05, "floor", others=("told", "Python")),
    Row("P4", "one sender, bursts of 64", "us", bursts_received, 1.10, "floor", others=("told", "Python", "socat")),
    Row("P4 behind", "the same, to a full queue", "us", bursts_waiting, None, "floor", others=("told", "Python")),
    Row("P4 gso", "one sender, UDP_SEGMENT", "us", segments_received, None, "floor", others=("told", "Python")),
    Row("P5", "1,000 groups on one port, one busy", "us", many_groups, 1.05, "one group"),
    Row("P6", "100,000 peers, all talking", "us", many_peers, 1.3, "one peer"),
    Row("P6m", "memory of each of them", "bytes", many_peers, 256, contender="memory of a peer"),
    Row("P13 many", "P1 beside Python", "us", many_sockets, 0.65, "Python"),
    Row("P13 gso", "P3 beside Python", "us", segments, 0.05, "Python"),
]
