"""How long it takes until a datagram is acknowledged: row P7.

One datagram a millisecond, so that the receiver sleeps when it comes. roundtrip.c does not sleep while it waits. The
bare loop sleeps in recvmmsg; one that sleeps in epoll_wait, and then calls recvmmsg, is told of as well."""
import contextlib
import subprocess

from lab import DEADLINE, GROUP, PORT, Lost, built, pinned, receiving, tried
from table import Missing, Row

TURNS, COUNT = 10, 300


def percentile(values, percent):
    """The least value that so many percent of them do not exceed."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def round_trips(running):
    """In us."""
    with pinned(running.lab.load_core), running.host.entered():
        done = subprocess.run([built("tests/bench/bench_roundtrip"), GROUP, str(PORT), str(COUNT)],
                              capture_output=True, text=True, timeout=DEADLINE)
    if done.returncode != 0:
        raise Lost(done.stderr.strip())
    return [int(line) / 1000 for line in done.stdout.splitlines()]


def in_turns(contenders):
    """The round trips of each. They take turns, so that what disturbs the machine disturbs all of them."""
    took = {who: [] for who in contenders}
    with contextlib.ExitStack() as stack:
        running = {who: stack.enter_context(contender) for who, contender in contenders.items()}
        for _ in range(TURNS):
            for who in contenders:
                took[who] += round_trips(running[who])
    return took


def acknowledged(lab):
    contenders = {"floor": lab.floor("-a"), "epoll": lab.floor("-a", "-e"), "mcastd": lab.mcastd(receiving())}
    took = tried(lambda: in_turns(contenders))
    return {f"{who} p{percent}": took if isinstance(took, Missing) else percentile(took[who], percent)
            for who in contenders for percent in (50, 99)}


ROWS = [Row(f"P7 p{percent}", f"1,000 datagrams a second, until the ack, {what}", "us", acknowledged, 1.10,
            f"floor p{percent}", f"mcastd p{percent}", (f"epoll p{percent}",))
        for percent, what in ((50, "median"), (99, "99 of 100 at most"))]
