"""What a thousand emitters cost, and how punctual they are: row P8.

The floor is beat.c: one timer, the same messages to the same groups from as many sockets, all at one time. (Those of
mcastd keep the times at which they were opened.)"""
import time

from emitters import MANY, NS_PER_S, emitters, heard, lateness, listening, missing
from lab import PORT, Lost, built, tried
from latency import percentile
from table import Missing, Row

SECONDS = 6
QUIET = "[DAEMON]\nLOG_LEVEL = notice\n"


def watched(contender):
    """CPU time in ms of each second, and lateness in ms of 99 of 100 messages."""
    def measure():
        with contender as running, listening(running.lab, running.host, MANY, PORT, MANY * SECONDS) as listener:
            before = running.cpu_ns()
            time.sleep(SECONDS)  # whole seconds have each emitter's beat as often
            spent = running.cpu_ns() - before
            messages = heard(listener, 2 * SECONDS)
        if len(messages) != MANY or any(missing(times, NS_PER_S) for times in messages):
            raise Lost("an emitter has missed a beat")
        late = [ns / 1e6 for times in messages for ns in lateness(times, NS_PER_S)]
        return {"cpu": spent / SECONDS / 1e6, "late": percentile(late, 99)}
    return tried(measure)


def emitting(lab):
    figures = {}
    for who, contender in (("floor", lab.program(built("tests/bench/bench_beat"), MANY, PORT)),
                           ("mcastd", lab.mcastd(QUIET + emitters(MANY)))):
        found = watched(contender)
        for what in "cpu", "late":
            figures[f"{who} {what}"] = found if isinstance(found, Missing) else found[what]
    return figures


ROWS = [
    Row("P8", "1,000 emitters, each second", "ms", emitting, 2, "floor cpu", "mcastd cpu"),
    Row("P8 late", "1,000 emitters, lateness, 99 of 100 at most", "ms", emitting, 2, None, "mcastd late",
        ("floor late",)),
]
