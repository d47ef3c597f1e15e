"""A thousand emitters, and what a listener hears of them."""
import contextlib
import subprocess
from collections import defaultdict

from lab import Lost, PORT, built, pinned
from daemon import emitter
from lan import Program

MANY = 1000
NS_PER_S = 10**9


def nth_group(n):
    """As in common.c."""
    n += 1
    return f"239.10.{n // 256}.{n % 256}"


def emitters(count, **keys):
    return "".join(emitter(f"MCCLIENT.e{n}", **{"MCAST_GROUP": nth_group(n), "PORT": PORT, "INTERFACE": "lo"} | keys)
                   for n in range(count))


@contextlib.contextmanager
def listening(lab, host, groups, port, count):
    """listener.c, which has joined the groups, until it has heard so many datagrams."""
    host.write("/proc/sys/net/ipv4/igmp_max_memberships", str(groups + 20))
    with pinned(lab.load_core):
        listener = Program(host, built("tests/bench/bench_listener"), groups, port, count)
    listener.wait_for("^joined$")
    try:
        yield listener
    finally:
        listener.kill()


def heard(listener, deadline):
    """When the messages of each emitter came, in ns, once it has ended by itself."""
    try:
        status = listener.process.wait(deadline)
    except subprocess.TimeoutExpired:
        raise Lost("fewer messages were heard than were due") from None
    if status != 0:
        raise Lost(listener.output().strip())
    times = defaultdict(list)
    for port, ns in map(str.split, listener.lines("^[0-9]")):
        times[port].append(int(ns))
    return list(times.values())


def missing(times, interval_ns):
    """How many messages of one emitter are missing between its first and its last one."""
    return (times[-1] - times[0] + interval_ns // 2) // interval_ns + 1 - len(times)


def lateness(times, interval_ns):
    """Of each message of one emitter, how much later it came than its beat, in ns. The beats are whole intervals away
    from its earliest message. So a constant delay is not in it, and what varies of the kernel's own is."""
    offsets = [(time - times[0] + interval_ns // 2) % interval_ns for time in times]
    return [offset - min(offsets) for offset in offsets]
