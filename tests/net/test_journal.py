"""mcastd under a journal: whole records, whatever comes from the network and whatever the journal does."""
import re
import tempfile

import pytest

from daemon import emitter, receiver
from journal import QUEUE, Journal
from lan import drain, eventually

HOSTILE = {
    "newline": b"one\nPRIORITY=0\nMESSAGE=two",
    "NUL": b"before\0after",
    "escape": b"\x1b[2J\x1b]0;title\x07",
    "right-to-left": "\u202egnp.exe".encode(),
    "bad UTF-8": b"\xc3\x28\xff\xfe",
    "backslash": rb"\x41\n",
    "every byte": bytes(range(256)),
    "8 KiB": b"\n\0\x80\xff" * 2048,
}
SHOWN = 256
CHATTY = receiver(HANDLERS="log, ack", ACK_RATE="unlimited", LOG_RATE="unlimited")
# Two lines each: more than the journal's queue can hold, and than that and the daemon can.
SOME, MANY = 300, 1500


@pytest.fixture
def journal(request, here, folder):
    journal = Journal(here, tempfile.mkdtemp(dir=folder), queue=getattr(request, "param", QUEUE))
    yield journal
    journal.vanish()


def test_a_received_datagram_has_its_fields(here, there, mcastd, journal):
    mcastd(here, receiver("MCSERVER.Fans"), journal=journal)
    with there.udp(there.address) as sock:
        sock.sendto(b"hello", ("239.1.1.1", 5001))
        port = sock.getsockname()[1]
    record, = journal.wait_for("received")
    assert re.fullmatch("[0-9a-f]{32}", record.pop("MESSAGE_ID"))
    assert record == {
        "MESSAGE": f"received 5 bytes from 10.0.0.2:{port}: hello",
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "mcastd",
        "MCASTD_SECTION": "mcserver.fans",
        "MCASTD_GROUP": "239.1.1.1",
        "MCASTD_PORT": "5001",
        "MCASTD_PEER": f"10.0.0.2:{port}",
        "MCASTD_BYTES": "5",
        "MCASTD_PAYLOAD": "hello",
    }


def test_each_kind_of_line_has_an_id_of_its_own(here, there, mcastd, journal):
    mcastd(here, receiver(HANDLERS="log, ack") + emitter(MCAST_GROUP="239.1.1.2"), journal=journal)
    there.ask(b"question", "239.1.1.1", 5001)
    kinds = "starts", "joined", "received", "acknowledged", "sent"
    ids = {journal.wait_for(kind)[0]["MESSAGE_ID"] for kind in kinds}
    assert len(ids) == len(kinds)


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_payload_is_one_printable_record(payload, here, there, mcastd, journal):
    mcastd(here, receiver(), journal=journal)
    there.send(payload, "239.1.1.1", 5001)
    there.send(b"end", "239.1.1.1", 5001)
    journal.wait_for(": end$")
    record, end = journal.messages("received")
    assert all(0x20 <= ord(byte) <= 0x7e for value in record.values() for byte in value)
    assert unescaped(record["MCASTD_PAYLOAD"]) == payload[:SHOWN] + (b"..." if len(payload) > SHOWN else b"")
    assert record["MCASTD_BYTES"] == str(len(payload))
    assert record["PRIORITY"] == "6"


def test_acks_and_messages_go_on_while_the_journal_is_stalled(here, there, mcastd, journal):
    heard = there.member("239.1.1.2", 5001)
    mcastd(here, CHATTY + emitter(MCAST_GROUP="239.1.1.2", INTERVAL="20ms"), journal=journal)
    journal.stall()
    for _ in range(MANY):
        there.ask(b"question", "239.1.1.1", 5001)
    drain(heard)
    for _ in range(3):
        heard.recv(64)


def test_it_ends_well_while_the_journal_is_stalled(here, there, mcastd, journal):
    daemon = mcastd(here, CHATTY, journal=journal)
    journal.stall()
    for _ in range(MANY):
        there.ask(b"question", "239.1.1.1", 5001)
    assert daemon.stop() == 0


# Into a short queue they must be tried many times, and so no timer that the daemon has for something else is enough.
@pytest.mark.parametrize("journal", [4], indirect=True)
def test_lines_for_which_there_is_no_room_wait_and_are_written_without_a_new_one(here, there, mcastd, journal):
    mcastd(here, CHATTY, journal=journal)
    journal.stall()
    for _ in range(SOME):
        there.ask(b"question", "239.1.1.1", 5001)
    journal.resume()
    eventually(lambda: written_lines(journal) == 2 * SOME + 1, lambda: f"{written_lines(journal)} written")
    assert not lost_lines(journal)
    lines = [record["MESSAGE"] for record in journal.messages("^received|^acknowledged")]
    assert [line.split()[0] for line in lines] == ["received", "acknowledged"] * SOME


def test_lines_lost_in_a_stall_are_counted_and_told(here, there, mcastd, journal):
    mcastd(here, CHATTY, journal=journal)
    journal.stall()
    for _ in range(MANY):
        there.ask(b"question", "239.1.1.1", 5001)
    journal.resume()
    there.ask(b"end", "239.1.1.1", 5001)
    eventually(lambda: lost_lines(journal) and lost_lines(journal) + written_lines(journal) == 2 * (MANY + 1) + 1,
               lambda: f"{lost_lines(journal)} lost and {written_lines(journal)} written to make up for all")


def test_a_journal_that_comes_back_with_a_new_socket_is_found_again(here, there, mcastd, journal):
    mcastd(here, CHATTY, journal=journal)
    journal.vanish()
    # The lines of the first are tried before the second is answered, those of the second perhaps later.
    for _ in range(2):
        there.ask(b"question", "239.1.1.1", 5001)
    journal.appear()
    there.ask(b"end", "239.1.1.1", 5001)
    eventually(lambda: lost_lines(journal) >= 2 and lost_lines(journal) + written_lines(journal) == 7,
               lambda: f"{lost_lines(journal)} lost and {written_lines(journal)} written to make up for all")


def written_lines(journal):
    """Two for each question, and one for the first of all: that its sender is up."""
    return len(journal.messages("^received|^acknowledged|is up, heard"))


def lost_lines(journal):
    return sum(int(record["MESSAGE"].split()[0]) for record in journal.messages("lines? could not be written"))


def unescaped(text):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes.fromhex(match[1].decode()), text.encode())
