"""The time of day jumps, or the daemon stands still: messages go out as they did, and silence is silence."""
import glob
import os
import re

import pytest

from daemon import emitter, receiver
from interfaces import held
from lan import drain, eventually

OFTEN = {"INTERVAL": "50ms"}
# For how many beats of the witness it stands still: three seconds, with MCASTD_FULL also a minute.
STOPPED = [60, 1200] if os.environ.get("MCASTD_FULL") else [60]
# Two daemons are asked one after the other, and a busy machine may come in between.
SLACK = 0.5


class TimeOfDay:
    """For a Daemon's environment: the time of day as it is told, while all other clocks are the real ones."""

    def __init__(self, folder):
        library, = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        self._file = f"{folder}/time"
        self.step("+0")
        self.environment = {
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": self._file, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
            "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def step(self, offset):
        with open(f"{self._file}.new", "w") as file:
            file.write(offset)
        os.rename(f"{self._file}.new", self._file)


def beats(daemon):
    """How many there have been, by the daemon's own clock."""
    counters = daemon.counters("mcclient")
    return counters["sent"] + counters["beats_missed"]


class Both:
    """Two emitters with the same interval: how many beats each has had since now, that to be tested and the
    witness."""

    def __init__(self, daemon, witness):
        self._daemons = daemon, witness
        self._before = [beats(one) for one in self._daemons]

    def passed(self):
        return [beats(one) - before for one, before in zip(self._daemons, self._before)]

    def wait_for(self, count):
        """Of the witness."""
        eventually(lambda: self.passed()[1] >= count, f"{count} beats of the witness")


def let_pass(witness, count):
    """So many beats, however long that takes."""
    for _ in range(count // 60):
        before = beats(witness)
        eventually(lambda: beats(witness) >= before + 60, "sixty beats of the witness")


def assert_in_step(passed):
    tested, witness = passed
    assert witness * (1 - SLACK) <= tested <= witness * (1 + SLACK)


@pytest.fixture
def witness(there, mcastd):
    return mcastd(there, emitter(PORT=5009, **OFTEN))


@pytest.mark.parametrize("offset", ["+1h", "-1h", "+10y", "-10y"])
def test_messages_go_out_as_before_when_the_time_of_day_jumps(offset, here, there, folder, witness, mcastd):
    time_of_day = TimeOfDay(folder)
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="{utc} {seq}", **OFTEN), **time_of_day.environment)
    before, number = heard.recv(64).decode().split()
    both = Both(daemon, witness)
    time_of_day.step(offset)
    numbers = [int(number)]
    # Of RFC 3339, so that to compare texts is to compare times; to the hour, which the jump changes in any case.
    while (message := heard.recv(64).decode().split())[0][:13] == before[:13]:
        numbers.append(int(message[1]))
        assert len(numbers) < 1000
    assert (message[0] > before) == (offset[0] == "+")
    numbers.append(int(message[1]))
    both.wait_for(40)
    passed = both.passed()
    assert_in_step(passed)
    numbers += [int(heard.recv(64).decode().split()[1]) for _ in range(passed[0] // 2)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.mark.parametrize("offset", ["+1h", "-1h", "+10y", "-10y"])
def test_a_jump_of_the_time_of_day_is_no_silence_and_hides_none(offset, here, there, lan, folder, witness, mcastd):
    time_of_day = TimeOfDay(folder)
    daemon = mcastd(here, receiver(PORT=5009, EXPECT_EVERY="2s", LOG_RATE="1/s") + receiver("MCSERVER.b", EXPECT_EVERY="2s"),
                    **time_of_day.environment)
    daemon.wait_for("^received")
    time_of_day.step(offset)
    daemon.wait_for(r"^nothing heard for 2s, see EXPECT_EVERY; leaving and joining 239.1.1.1:5001 again")
    assert not daemon.lines("^nothing heard .*239.1.1.1:5009")


@pytest.mark.parametrize("count", STOPPED)
def test_after_it_was_stopped_one_beat_is_late_and_those_that_were_skipped_are_counted(
        count, here, there, witness, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="{seq}", **OFTEN))
    last = int(heard.recv(64))
    before, both = daemon.counters("mcclient"), Both(daemon, witness)
    with held(daemon):
        drain(heard)
        let_pass(witness, count)
    both.wait_for(count + 40)
    passed, after = both.passed(), daemon.counters("mcclient")
    assert_in_step(passed)
    missed = after["beats_missed"] - before["beats_missed"]
    assert missed >= count * SLACK
    # A burst would send what was missed.
    assert after["sent"] - before["sent"] <= (passed[1] - count) / SLACK
    said = [int(re.search(r"\d+", line)[0]) for line in daemon.wait_for("^messages skipped: ")]
    assert sum(said) >= missed
    numbers = [int(heard.recv(64)) for _ in range(20)]
    assert numbers == list(range(numbers[0], numbers[0] + 20))
    assert numbers[0] > last


@pytest.mark.parametrize("count", STOPPED)
def test_what_waited_while_it_was_stopped_is_no_silence(count, here, there, witness, mcastd):
    daemon = mcastd(here, receiver(PORT=5009, EXPECT_EVERY="2s", LOG_RATE="unlimited"))
    daemon.wait_for("^received")
    with held(daemon):
        let_pass(witness, count)
        said = len(daemon.lines("^received"))
    daemon.wait_for("^received", said + 60)
    assert not daemon.lines("nothing heard")
    assert daemon.counters("mcserver")["rejoins"] == 0
