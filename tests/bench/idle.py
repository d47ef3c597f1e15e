"""Whether mcastd sleeps while nothing is to be done: row P11."""
import time

from lab import receiving
from table import Row

WATCHDOG_SECONDS = 20  # as in the unit; mcastd says at half of it that it is well


def feeds(contender):
    """How often it has told the service manager that it is well."""
    contender.program.wait_for_status("")
    return contender.program.notices.count("WATCHDOG=1")


def idle(lab):
    """How often it has gone back to sleep, less the times that the watchdog has asked for. One group, no emitter."""
    with lab.mcastd(receiving(), WATCHDOG_USEC=str(WATCHDOG_SECONDS * 10**6)) as running:
        running.program.wait_for_notice("WATCHDOG=1")
        running.settle()
        slept, fed = running.status("voluntary_ctxt_switches"), feeds(running)
        time.sleep(lab.idle_seconds)
        running.settle()
        slept, fed = running.status("voluntary_ctxt_switches") - slept, feeds(running) - fed
    return {"mcastd": slept - fed, "watchdog": fed}


ROWS = [Row("P11", "idle, 1 group: wake-ups but the watchdog's", "", idle, 0, None, "mcastd", ("watchdog",), rounds=1)]
