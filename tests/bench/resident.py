"""How long the start takes, and how much memory mcastd needs: rows P9 and P10."""
import pathlib
import re
import tempfile
import time

from daemon import Daemon
from emitters import MANY, emitters, nth_group
from lab import GROUP, Contender, pinned, receiving, tried
from table import Missing, Row

TRAFFIC = 20_000


def receivers(count):
    """The first of them is the one that hears the load."""
    groups = [GROUP, *map(nth_group, range(1, count))]
    return "".join(receiving(name=f"MCSERVER.r{n}", MCAST_GROUP=group) for n, group in enumerate(groups))


def start(lab):
    """From its start until it has said READY=1, in seconds. It logs what it joins and sends."""
    config = receivers(MANY) + emitters(MANY)
    with lab.host() as host, tempfile.TemporaryDirectory(prefix="mcastd-") as folder:
        with pinned(lab.core):
            before = time.monotonic()
            daemon = Daemon(host, config, folder)
            took = time.monotonic() - before
        assert len(Contender(lab, host, daemon).sections()) == 2 * MANY
        return {"mcastd": took}


def private_mib(pid):
    """What no other process shares: without the libraries' code."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kb) for kb in re.findall(r"^Private_\w+: +(\d+) kB", text, re.M)) / 1024


def memory_of(lab, groups):
    """In MiB, after some traffic."""
    def measure():
        with lab.mcastd(receivers(groups)) as running:
            running.load("-n", TRAFFIC, "-a", "-s", 1000)
            return {"all": running.status("VmRSS") / 1024, "private": private_mib(running.pid)}
    return tried(measure)


def memory(lab):
    figures = {}
    for groups in 1, MANY:
        found = memory_of(lab, groups)
        for what in "all", "private":
            figures[f"{what}, {groups}"] = found if isinstance(found, Missing) else found[what]
    return figures


ROWS = [
    Row("P9", "start to READY, 1,000 groups and 1,000 emitters", "s", start, 1),
    Row("P10", "resident memory, 1 group", "MiB", memory, 4, None, "all, 1", ("private, 1",), rounds=3),
    Row("P10 many", "resident memory, 1,000 groups", "MiB", memory, 16, None, f"all, {MANY}", (f"private, {MANY}",),
        rounds=3),
]
