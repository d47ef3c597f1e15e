"""mcastd understands the four programs that it comes from, and they understand mcastd."""
import ast
import re

from daemon import built, emitter, receiver
from lan import eventually

ATU = r"ATU \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"


def test_the_seed_programs_understand_each_other(here, there, seed):
    receiver = seed(there, "acking_receiver")
    receiver.wait_for("waiting")
    assert answers(here, seed) == [("10.0.0.2", 10000)]
    assert receiver.lines("^b'very important data'$")


def test_the_seeds_server_hears_the_seeds_client(here, there, seed):
    server = seed(there, "printing_server", address=there.address)
    server.wait_for("Waiting")
    client = seed(here, "atu_client", address=here.address)
    sent = re.search("(ATU .*) to ", client.wait_for("^Sent")[0])[1]
    assert server.wait_for("^b'ATU")[0] == f"b'{sent}'"


def test_the_echo_sender_hears_the_groups_port_and_the_interfaces_address(here, there, mcastd, seed):
    mcastd(there, receiver(MCAST_GROUP="224.3.29.71", PORT=10000, HANDLERS="ack"))
    assert answers(here, seed) == [("10.0.0.2", 10000)]


def test_ping_hears_the_acking_receiver(here, there, seed):
    seed(there, "acking_receiver").wait_for("waiting")
    ping = here.run(built("mcastctl"), "ping", "224.3.29.71:10000", "--interface", "eth0", "--count", 1)
    assert ping.returncode == 0
    assert "10.0.0.2" in ping.stdout


def test_the_atu_client_is_logged_with_its_bytes_and_its_address(here, there, mcastd, seed):
    daemon = mcastd(there, receiver())
    client = seed(here, "atu_client", address=here.address)
    sent = re.search("(ATU .*) to ", client.wait_for("^Sent")[0])[1]
    received, *_ = daemon.wait_for("^received")
    assert re.search(rf"^received {len(sent)} bytes from 10\.0\.0\.1:\d+: {re.escape(sent)}$", received)


def test_the_printing_server_prints_the_emitters_message_as_it_was_sent(here, there, mcastd, seed):
    server = seed(there, "printing_server", address=there.address)
    server.wait_for("Waiting")
    daemon = mcastd(here, emitter(INTERVAL="100ms"))
    printed = [ast.literal_eval(line).decode() for line in server.wait_for("^b'", count=3)[:3]]
    sent = [re.search('"(.*)" to 239.1.1.1:5001$', line)[1] for line in daemon.wait_for('^sent "', count=3)]
    assert printed == sent[:3]
    assert all(re.fullmatch(ATU, message) for message in printed)


def test_the_emitter_counts_the_acks_of_the_acking_receiver(here, there, mcastd, seed):
    seed(there, "acking_receiver", group="239.1.1.1", port=5001).wait_for("waiting")
    daemon = mcastd(here, emitter(INTERVAL="100ms"))
    eventually(lambda: daemon.counters("mcclient")["acks_received"] >= 2, "two acks")
    assert "acks_stray" not in daemon.counters("mcclient")


def test_the_seeds_settings_work_as_they_stand(here, mcastd):
    daemon = mcastd(here, """
        [MCSERVER]
        MCAST_GROUP = 239.1.1.1
        IP_ADDRESS = 127.0.0.1
        PORT = 5001

        [MCCLIENT]
        MCAST_GROUP = 239.1.1.1
        IP_ADDRESS = 127.0.0.1
        PORT = 5001
    """)
    received = daemon.wait_for(f"^received 30 bytes from 127.0.0.1:[0-9]+: {ATU}$", count=2)
    sent = daemon.wait_for(f'^sent "{ATU}" to 239.1.1.1:5001$', count=2)
    assert [message_in(line) for line in received[:2]] == [message_in(line) for line in sent[:2]]


def message_in(line):
    return re.search(ATU, line)[0]


def answers(host, seed):
    """Who says ack to the echo sender. It gives up after 0.2 s: on a busy machine that is early, so again."""
    def heard():
        sender = seed(host, "echo_sender")
        sender.wait_for("closing socket")
        return [ast.literal_eval(re.fullmatch(r"""received "b'ack'" from (.*)""", line)[1])
                for line in sender.lines("^received")]
    return eventually(heard, "an answer")
