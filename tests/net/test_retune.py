"""SIGHUP, where what has changed can be changed on the living socket: it is another daemon from then on, and
nothing was lost of the old one."""
import signal

import pytest

from daemon import built, emitter, receiver
from faults import injected
from interfaces import held, sockets
from lan import drain, eventually

RETUNED = "0 kept, 1 retuned, 0 reopened, 0 added, 0 dropped"
ACKER = {"HANDLERS": "ack", "ACK_RATE": "unlimited"}
OFTEN = {"INTERVAL": "50ms"}


def retune(daemon, section):
    """Reloads with that, and only that: the sockets are the same, and the counters have not gone back."""
    name = section.splitlines()[0].strip("[]").lower()
    before, counters = sockets(daemon), daemon.counters(name)
    assert RETUNED in daemon.reload(section)
    assert sockets(daemon) == before
    assert not counters - daemon.counters(name)


# --- receivers ---


def test_a_handler_is_added(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log"))
    there.send(b"first", "239.1.1.1", 5001)
    daemon.wait_for("^received.*first$")
    retune(daemon, receiver(HANDLERS="log, ack"))
    assert there.ask(b"second", "239.1.1.1", 5001) == [(b"ack", (here.address, 5001))]
    daemon.wait_for_counters("mcserver", received=2, recorded=2, acked=1)


def test_a_handler_is_removed(here, there, lan, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack"))
    there.ask(b"first", "239.1.1.1", 5001)
    retune(daemon, receiver(HANDLERS="log"))
    wire = lan.sniff()
    there.send(b"second", "239.1.1.1", 5001)
    daemon.wait_for("^received.*second$")
    there.send(b"end", "239.9.9.9", 9)
    assert [packet.payload for packet in wire.until(b"end")] == [b"second"]
    daemon.wait_for_counters("mcserver", received=2, recorded=2, acked=1)


def test_the_handlers_change_their_order(here, there, mcastd):
    daemon = mcastd(here, receiver(HANDLERS="log, ack"))
    there.ask(b"first", "239.1.1.1", 5001)
    retune(daemon, receiver(HANDLERS="ack, log"))
    there.ask(b"second", "239.1.1.1", 5001)
    daemon.wait_for("^received.*second$")
    words = [line.split()[0] for line in daemon.lines("^received|^acknowledged")]
    assert words == ["received", "acknowledged", "acknowledged", "received"]


def test_allow_lets_others_in_and_keeps_others_out(here, there, lan, mcastd):
    other = lan.host()
    daemon = mcastd(here, receiver(ALLOW=f"{there.address}/32", **ACKER))
    other.send(b"not yet", "239.1.1.1", 5001)
    there.ask(b"still", "239.1.1.1", 5001)
    retune(daemon, receiver(ALLOW=f"{other.address}/32", **ACKER))
    there.send(b"no more", "239.1.1.1", 5001)
    other.ask(b"now", "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", received=4, dropped_foreign=2, acked=2)


def test_sources_lets_others_in_and_keeps_others_out(here, there, lan, mcastd):
    other = lan.host()
    daemon = mcastd(here, receiver(SOURCES=there.address, **ACKER))
    there.ask(b"still", "239.1.1.1", 5001)
    retune(daemon, receiver(SOURCES=other.address, **ACKER))
    there.send(b"no more", "239.1.1.1", 5001)
    other.ask(b"now", "239.1.1.1", 5001)
    retune(daemon, receiver(**ACKER))
    there.ask(b"again", "239.1.1.1", 5001)
    # The kernel does not let through what is not asked for, so it is not even received.
    daemon.wait_for_counters("mcserver", received=3, acked=3)


def test_another_ack_text_is_said_and_never_answered(here, there, mcastd):
    daemon = mcastd(here, receiver(**ACKER))
    assert there.ask(b"question", "239.1.1.1", 5001)[0][0] == b"ack"
    assert there.ask(b"heard", "239.1.1.1", 5001)[0][0] == b"ack"
    retune(daemon, receiver(ACK_TEXT="heard", **ACKER))
    assert there.ask(b"question", "239.1.1.1", 5001)[0][0] == b"heard"
    there.send(b"heard", "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", received=4, acked=3, acks_suppressed_ack=1)


@pytest.mark.parametrize("key, counter", [("ACK_RATE", "acks_suppressed_rate"), ("ACK_TOTAL", "acks_suppressed_total")])
def test_another_rate_of_acks_holds_from_now_on(key, counter, here, there, mcastd):
    free = ACKER | {"ACK_TOTAL": "unlimited"}
    daemon = mcastd(here, receiver(**free | {key: "1/s"}))
    for _ in range(50):
        there.send(b"x", "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", received=50)
    suppressed = daemon.counters("mcserver")[counter]
    assert suppressed > 0
    retune(daemon, receiver(**free))
    for _ in range(50):
        there.ask(b"x", "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", received=100, acked=100 - suppressed, **{counter: suppressed})


def test_acks_are_spread_and_no_longer_spread(here, there, mcastd):
    """What waits when they are no longer spread is still sent."""
    daemon = mcastd(here, receiver(ACK_SPREAD="1s", **ACKER))
    with there.udp() as asker:
        for _ in range(20):
            asker.sendto(b"question", ("239.1.1.1", 5001))
        daemon.wait_for_counters("mcserver", received=20)
        retune(daemon, receiver(**ACKER))
        there.ask(b"at once", "239.1.1.1", 5001)
        assert [asker.recv(64) for _ in range(20)] == [b"ack"] * 20
    daemon.wait_for_counters("mcserver", received=21, acked=21)


def test_another_log_rate_holds_from_now_on(here, there, mcastd):
    daemon = mcastd(here, receiver(LOG_RATE="1/s"))
    for _ in range(10):
        there.send(b"old", "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", received=10)
    unrecorded = daemon.counters("mcserver")["unrecorded"]
    assert unrecorded > 0
    retune(daemon, receiver(LOG_RATE="unlimited"))
    for _ in range(50):
        there.send(b"new", "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", received=60, unrecorded=unrecorded)
    assert len(daemon.wait_for("^received.*new$", 50)) == 50


def room(here, there, daemon):
    """How many datagrams its receive buffer takes while it stands still."""
    before = daemon.counters("mcserver")
    with held(daemon):
        for _ in range(200):
            there.send(b"x", "239.1.1.1", 5001)

    def all_of_them():
        passed = daemon.counters("mcserver") - before
        return passed if passed["received"] + passed["dropped_kernel"] == 200 else None
    return eventually(all_of_them, "each datagram to be received or dropped")["received"]


def test_a_receive_buffer_is_made_larger_and_smaller(here, there, mcastd):
    small, large = (receiver(HANDLERS="log", LOG_RATE="none", RECEIVE_BUFFER=size) for size in ("4K", "200K"))
    daemon = mcastd(here, small)
    assert room(here, there, daemon) < 100
    retune(daemon, large)
    assert room(here, there, daemon) > 100
    retune(daemon, small)
    assert room(here, there, daemon) < 100


def test_what_waits_when_the_receive_buffer_is_made_smaller_is_not_lost(here, there, mcastd):
    small, large = (receiver(LOG_RATE="unlimited", RECEIVE_BUFFER=size) for size in ("4K", "200K"))
    daemon = mcastd(here, large)
    daemon.configure(small)
    with held(daemon):
        for n in range(100):
            there.send(b"%d" % n, "239.1.1.1", 5001)
        # The reload comes first: signals have precedence.
        daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_counters("mcserver", received=100)
    assert len(daemon.lines("^reloaded .* 1 retuned,")) == 1
    assert numbers(daemon.lines("^received")) == list(range(100))


# --- emitters ---


def told(sock, count):
    return [sock.recv(256).decode() for _ in range(count)]


def numbers(messages):
    return [int(message.rsplit(" ", 1)[1]) for message in messages]


def is_gapless(numbers):
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def heard_until(sock, good):
    """What is heard up to the first message for which good() is true, and that."""
    heard = []
    while not heard or not good(heard[-1]):
        heard.append(sock.recv(256).decode())
        assert len(heard) < 1000
    return heard


def test_another_message_is_sent_and_none_is_left_out(here, there, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="old {seq}", **OFTEN))
    messages = told(heard, 2)
    retune(daemon, emitter(MESSAGE="new {seq}", **OFTEN))
    messages += heard_until(heard, lambda message: message.startswith("new"))
    assert is_gapless(numbers(messages))


def test_a_shorter_interval_holds_at_once(here, there, mcastd):
    """Not only after the old one, which is an hour."""
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="beat {seq}", INTERVAL="1h"))
    messages = told(heard, 1)
    retune(daemon, emitter(MESSAGE="beat {seq}", **OFTEN))
    messages += told(heard, 5)
    assert is_gapless(numbers(messages))
    assert daemon.counters("mcclient")["beats_missed"] == 0


def test_a_longer_interval_holds_at_once(here, there, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(MESSAGE="beat {seq}", **OFTEN) + emitter("MCCLIENT.clock", PORT=5002, **OFTEN))
    told(heard, 3)
    daemon.reload(emitter(MESSAGE="beat {seq}", INTERVAL="1h") + emitter("MCCLIENT.clock", PORT=5002, **OFTEN))
    drain(heard)
    sent = daemon.counters("mcclient")["sent"]
    with there.member("239.1.1.1", 5002) as clock:
        told(clock, 10)
    assert daemon.counters("mcclient")["sent"] == sent


def test_the_ttl_is_on_the_wire(here, lan, mcastd):
    wire = lan.sniff()
    daemon = mcastd(here, emitter(TTL=1, **OFTEN))
    assert wire.next().ttl == 1
    retune(daemon, emitter(TTL=7, **OFTEN))
    eventually(lambda: wire.next().ttl == 7, "a packet with the new TTL")
    assert wire.next().ttl == 7


def test_the_code_point_is_on_the_wire(here, lan, mcastd):
    wire = lan.sniff()
    daemon = mcastd(here, emitter(**OFTEN))
    assert wire.next().tos == 0
    retune(daemon, emitter(DSCP=46, **OFTEN))
    eventually(lambda: wire.next().tos == 46 << 2, "a packet with the new code point")
    assert wire.next().tos == 46 << 2


def test_the_own_host_hears_no_more_and_again(here, there, mcastd):
    own, other = here.member("239.1.1.1", 5001), there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(LOOP="yes", MESSAGE="beat {seq}", **OFTEN))
    told(own, 2)
    retune(daemon, emitter(LOOP="no", MESSAGE="beat {seq}", **OFTEN))
    drain(own)
    drain(other)
    told(other, 3)
    here.send(b"end", "239.1.1.1", 5001)
    assert own.recv(64) == b"end"
    retune(daemon, emitter(LOOP="yes", MESSAGE="beat {seq}", **OFTEN))
    told(own, 2)


def test_another_number_of_acks_is_expected(here, there, mcastd):
    mcastd(there, receiver(HANDLERS="ack"))
    daemon = mcastd(here, emitter())
    daemon.wait_for("^acks for message [0-9]+: 1, first")
    retune(daemon, emitter(EXPECT_ACKS=2))
    daemon.wait_for("^acks for message [0-9]+: 1, fewer than EXPECT_ACKS, 2$")
    retune(daemon, emitter(EXPECT_ACKS=1))
    daemon.wait_for("^acks for message [0-9]+: 1, enough again; messages with too few: [0-9]+$")


def test_another_jitter_sends_nothing_by_itself(here, there, mcastd):
    heard = there.member("239.1.1.1", 5001)
    daemon = mcastd(here, emitter(INTERVAL="1h") + emitter("MCCLIENT.clock", PORT=5002, **OFTEN))
    told(heard, 1)
    daemon.reload(emitter(INTERVAL="1h", JITTER="10ms") + emitter("MCCLIENT.clock", PORT=5002, **OFTEN))
    with there.member("239.1.1.1", 5002) as clock:
        told(clock, 5)
    assert daemon.counters("mcclient")["sent"] == 1


# --- a section that waits ---


def test_what_is_retuned_while_it_waits_holds_when_it_joins(here, there, lan, mcastd):
    daemon = mcastd(here, receiver(**ACKER))
    here.ip("link set eth0 down")
    daemon.wait_for("^waiting to hear .*: eth0 is down$")
    assert RETUNED in daemon.reload(receiver(ACK_TEXT="heard", **ACKER))
    here.ip("link set eth0 up")
    daemon.wait_for("^joined", 2)
    lan.wait_for_link(here, "eth0")
    assert there.ask(b"question", "239.1.1.1", 5001)[0][0] == b"heard"


def test_an_interval_that_is_retuned_while_it_waits_holds_when_it_sends(here, there, lan, mcastd):
    daemon = mcastd(here, emitter(INTERVAL="1h"))
    here.ip("link set eth0 down")
    daemon.wait_for("^waiting to send .*: eth0 is down$")
    assert RETUNED in daemon.reload(emitter(**OFTEN))
    here.ip("link set eth0 up")
    daemon.wait_for("^sending to 239.1.1.1:5001 on eth0 every 50ms$")
    told(there.member("239.1.1.1", 5001), 3)


# --- a reload that is refused ---

OLD, NEW = (receiver("MCSERVER.a", ACK_TEXT=word, **ACKER)
            + emitter("MCCLIENT.b", MESSAGE=word + " {seq}", TTL=ttl, PORT=5003, **OFTEN)
            for word, ttl in (("old", 3), ("new", 7)))


def assert_is_as_before(daemon, here, there, lan):
    assert there.ask(b"question", "239.1.1.1", 5001)[0][0] == b"old"
    wire = lan.sniff()
    packets = [wire.next() for _ in range(3)]
    assert [(packet.payload[:3], packet.ttl) for packet in packets] == [(b"old", 3)] * 3


def test_a_new_section_that_cannot_be_opened_takes_retunes_back(here, there, lan, mcastd):
    daemon = mcastd(here, OLD)
    before = sockets(daemon)
    with here.udp("", 5002):
        assert "not reloaded" in daemon.reload(NEW + receiver("MCSERVER.taken", PORT=5002))
    assert sockets(daemon) == before
    assert_is_as_before(daemon, here, there, lan)


# Each retune of an emitter sets these three, and here two emitters are retuned.
@pytest.mark.parametrize("call, key", [(4, "TTL"), (5, "LOOP"), (6, "DSCP")])
def test_an_option_that_the_kernel_refuses_takes_retunes_back_and_is_named(call, key, here, there, lan, mcastd):
    daemon = mcastd(here, OLD + emitter("MCCLIENT.last", PORT=5004, INTERVAL="1h"))
    before = sockets(daemon)
    with injected(daemon, here, f"setsockopt:error=EPERM:when={call}"):
        assert "not reloaded: Operation not permitted" in daemon.reload(
            NEW + emitter("MCCLIENT.last", PORT=5004, INTERVAL="1h", DSCP=9))
    complaint = rf"^{daemon.file}:[0-9]+: \[mcclient.last\] {key}: cannot .*: Operation not permitted$"
    assert len(daemon.lines(complaint)) == 1
    daemon.wait_for_status("; the last reload was refused$")
    assert sockets(daemon) == before
    assert_is_as_before(daemon, here, there, lan)


def test_a_receive_buffer_that_the_kernel_refuses_is_named_and_the_old_configuration_goes_on(here, there, lan, mcastd):
    daemon = mcastd(here, OLD)
    with injected(daemon, here, "setsockopt:error=ENOMEM:when=1"):
        assert "not reloaded" in daemon.reload(NEW.replace("[MCSERVER.a]\n", "[MCSERVER.a]\nRECEIVE_BUFFER = 8K\n"))
    assert len(daemon.lines(r"\[mcserver.a\] RECEIVE_BUFFER: cannot set the receive buffer: ")) == 1
    assert_is_as_before(daemon, here, there, lan)


def test_after_a_refused_reload_a_good_one_is_followed(here, there, lan, mcastd):
    daemon = mcastd(here, OLD)
    with injected(daemon, here, "setsockopt:error=EPERM:when=1"):
        assert "not reloaded" in daemon.reload(NEW)
    assert "2 retuned" in daemon.reload(NEW)
    assert there.ask(b"question", "239.1.1.1", 5001)[0][0] == b"new"
    daemon.wait_for_status("datagrams/s$")


# --- mcastd -t --diff ---


def diff(host, folder, running, new):
    files = [f"{folder}/running.conf", f"{folder}/new.conf"]
    for file, text in zip(files, (running, new)):
        with open(file, "w") as to:
            to.write(text)
    return host.run(built("mcastd"), "-t", "--diff", *files)


RUNNING = (receiver("MCSERVER.keep") + receiver("MCSERVER.retune", PORT=5002) + receiver("MCSERVER.reopen", PORT=5003)
           + receiver("MCSERVER.drop", PORT=5004) + emitter("MCCLIENT.a", PORT=5005))
NEXT = (receiver("MCSERVER.keep") + receiver("MCSERVER.retune", PORT=5002, LOG_RATE="5/s", ACK_RATE="5/s")
        + receiver("MCSERVER.reopen", PORT=5006) + receiver("MCSERVER.add", PORT=5007)
        + emitter("MCCLIENT.a", PORT=5005, TTL=2) + "[DAEMON]\nNODE = other\n")


def test_diff_prints_the_plan(here, folder):
    outcome = diff(here, folder, RUNNING, NEXT)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout.splitlines() == [
        "apply  [daemon]: NODE",
        "keep   [mcserver.keep]",
        "retune [mcserver.retune]: ACK_RATE LOG_RATE",
        "reopen [mcserver.reopen]: PORT",
        "add    [mcserver.add]",
        "drop   [mcserver.drop]",
        "retune [mcclient.a]: TTL",
    ]


def test_diff_says_what_the_reload_then_does(here, folder, mcastd):
    planned = [line.split()[0] for line in diff(here, folder, RUNNING, NEXT).stdout.splitlines()]
    said = mcastd(here, RUNNING).reload(NEXT)
    done = dict(reversed(part.split()) for part in said.split(": ", 1)[1].split(", "))
    words = {"kept": "keep", "retuned": "retune", "reopened": "reopen", "added": "add", "dropped": "drop"}
    assert {words[did]: int(count) for did, count in done.items()} == {
        word: planned.count(word) for word in words.values()}


def test_diff_of_a_file_with_itself_keeps_everything(here, folder):
    assert {line.split()[0] for line in diff(here, folder, NEXT, NEXT).stdout.splitlines()} == {"keep"}


@pytest.mark.parametrize("which", ["running", "new"])
def test_diff_with_a_bad_file_names_its_mistake(which, here, folder):
    bad = receiver(PORT=0)
    outcome = diff(here, folder, *((bad, NEXT) if which == "running" else (RUNNING, bad)))
    assert (outcome.returncode, outcome.stdout) == (78, "")
    assert f"{folder}/{which}.conf:3: [mcserver] PORT: " in outcome.stderr


@pytest.mark.parametrize("arguments", [
    "--diff", "-t --diff", "--diff a", "--diff a b", "-t --diff a", "-t --diff a b c"])
def test_a_diff_that_is_asked_for_wrongly_is_a_usage_error(arguments, here):
    outcome = here.run(built("mcastd"), *arguments.split())
    assert (outcome.returncode, outcome.stdout) == (64, "")
    assert outcome.stderr
