"""Clocks at their edges: the time of day passes the end of 31 and 32 bits, and the host has been up for very long."""
import time

import pytest

from control import ask
from daemon import emitter, receiver
from lan import eventually
from test_clock import OFTEN, Both, TimeOfDay, assert_in_step, witness  # noqa: F401: a fixture

ENDS = {"31-bits": ("2038-01-19 03:14:06", "2038-01-19T03:14:08"), "32-bits": ("2106-02-07 06:28:14", "2106-02-07T06:28:16")}


@pytest.mark.parametrize("before, end", ENDS.values(), ids=ENDS)
def test_time_goes_on_where_its_seconds_no_longer_fit(before, end, here, there, folder, witness, mcastd):  # noqa: F811
    time_of_day = TimeOfDay(folder)
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="{utc} {seq}", **OFTEN) + receiver(PORT=5009, DEAD_AFTER="3s", LOG_RATE="1/s"),
                    **time_of_day.environment)
    daemon.wait_for("^received")
    heard.recv(64)
    time_of_day.step(f"@{before}")
    messages = []
    while not messages or messages[-1][0] < end or messages[-1][0] >= "2200":
        messages.append(heard.recv(64).decode().split())
        assert len(messages) < 2000
    times = [told for told, _ in messages if told >= before[:10]]
    assert times == sorted(times) and sum(told < end for told in times) >= 10
    numbers = [int(number) for _, number in messages]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert not daemon.lines("is down|skipped")
    assert ask(daemon, "peers")["peers"][0]["last_heard"] > before[:10]


class Uptime:
    """Of a host that was started so many seconds before this one: for a Daemon's `journal`."""

    def __init__(self, host, seconds):
        holder = host.start("unshare", "--time", "--monotonic", seconds, "--boottime", seconds, "--fork", "--kill-child",
                            "sleep", "infinity")
        children = f"/proc/{holder.process.pid}/task/{holder.process.pid}/children"
        self._child = eventually(lambda: open(children).read().split(), "the namespace")[0]

    def wrap(self, command):
        return ["nsenter", f"--time=/proc/{self._child}/ns/time", *command]


# Milliseconds fill 32 bits in the midst of the test.
UPTIMES = {"49 days": 2 ** 32 // 1000 - 2, "10 years": 10 * 365 * 86400, "100 years": 100 * 365 * 86400}


@pytest.mark.parametrize("seconds", UPTIMES.values(), ids=[name.replace(" ", "-") for name in UPTIMES])
def test_it_works_on_a_host_that_has_been_up_for_very_long(seconds, here, there, witness, mcastd):  # noqa: F811
    daemon = mcastd(here, emitter(MESSAGE="{seq}", **OFTEN) + receiver(PORT=5009, DEAD_AFTER="3s", LOG_RATE="1/s")
                    + receiver("MCSERVER.asked", PORT=5002, HANDLERS="ack", ACK_RATE="5/s", DEAD_AFTER="1h"),
                    journal=Uptime(here, int(seconds - time.clock_gettime(time.CLOCK_MONOTONIC))))
    both, began = Both(daemon, witness), time.monotonic()
    with there.udp() as sock:
        for _ in range(100):
            sock.sendto(b"question", ("239.1.1.1", 5002))
    daemon.wait_for_counters("mcserver.asked", received=100)
    assert 10 <= daemon.counters("mcserver.asked")["acked"] <= 10 + 15 * (time.monotonic() - began) + 1
    both.wait_for(80)
    assert_in_step(both.passed())
    uptime = ask(daemon, "status")["daemon"]["uptime_s"]
    assert 0 < uptime <= time.monotonic() - began + 10
    assert not daemon.lines("is down|skipped")
