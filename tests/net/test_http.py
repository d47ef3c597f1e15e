"""HTTP: what is found there, and that nobody who asks can do the daemon any harm."""
import contextlib
import email.utils
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

from daemon import emitter, receiver
from faults import STRACE, WITHOUT_LEAK_CHECK, injected, injections
from lan import DEADLINE, eventually
from web import ON, PORT, Answer, ask, connected, metric, refuses, say, wait_for_metric

PAGE = pathlib.Path(__file__).parents[2] / "src/page"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
TEXT = "text/plain; charset=utf-8"
ACKING = receiver(HANDLERS="log, ack", ACK_RATE="unlimited", ACK_TOTAL="unlimited")
TOO_MANY = "mcastd_http_connections_refused_total"
DROPPED = "mcastd_http_connections_dropped_total"
# Their metrics are more than a connection holds.
MANY = "".join(receiver(f"MCSERVER.{n}", PORT=6000 + n) for n in range(200))


@pytest.fixture
def served(here, mcastd):
    """The first host, on which a daemon hears a group and acknowledges, and is asked by HTTP."""
    mcastd(here, ACKING + ON)
    return here


# --- what is there ---

def test_there_is_no_http_by_default(here, mcastd):
    mcastd(here, receiver())
    assert refuses(here)


@pytest.mark.parametrize("path, kind", [
    ("/", "text/html; charset=utf-8"), ("/page.js", "text/javascript; charset=utf-8"),
    ("/page.css", "text/css; charset=utf-8"), ("/icon.svg", "image/svg+xml"), ("/status.json", "application/json"),
    ("/healthz", TEXT), ("/metrics", "text/plain; version=0.0.4; charset=utf-8")])
def test_each_path_is_answered_with_its_type(path, kind, served):
    answer = ask(served, path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
    assert len(answer.body) == int(answer.headers["Content-Length"])


def test_the_page_is_the_one_of_the_source(served):
    for path, file in ("/", "index.html"), ("/page.js", "page.js"), ("/page.css", "page.css"), ("/icon.svg", "icon.svg"):
        assert ask(served, path).body == (PAGE / file).read_bytes()


def test_openmetrics_is_spoken_with_who_asks_for_it(served):
    answer = ask(served, "/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.text.endswith("\n# EOF\n")
    assert "\n# TYPE mcastd_build info\n" in "\n" + answer.text


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/%6detrics", "/../etc/passwd", "/index.html"])
def test_what_is_not_there_is_not_found(path, served):
    answer = ask(served, path)
    assert (answer.status, answer.headers["Content-Type"]) == (404, TEXT)


@pytest.mark.parametrize("path, method", [("/", "GET"), ("/metrics", "GET"), ("/healthz", "HEAD"), ("/nothing", "GET"),
                                          ("/status.json?after=nonsense", "GET"), ("/", "POST")])
def test_every_answer_keeps_browsers_from_harm(path, method, served):
    headers = ask(served, path, method).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("request_", [b"x\r\n", b"POST / HTTP/1.0\r\nContent-Length: 9999\r\n\r\n"])
def test_what_is_no_request_is_answered_with_the_same_care(request_, served):
    answer = say(served, request_)
    assert b"\r\nContent-Security-Policy: " + POLICY.encode() + b"\r\n" in answer
    assert b"\r\nContent-Type: " + TEXT.encode() + b"\r\n" in answer


def test_an_answer_has_its_date(served):
    date = ask(served).headers["Date"]
    assert email.utils.format_datetime(email.utils.parsedate_to_datetime(date), usegmt=True) == date
    assert abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time()) < DEADLINE


@pytest.mark.parametrize("path", ["/", "/healthz", "/page.js", "/nothing"])
def test_head_is_get_without_the_content(path, served):
    head, get = ask(served, path, "HEAD"), ask(served, path)
    assert head.body == b"" and get.body
    del head.headers["Date"], get.headers["Date"]
    assert (head.status, head.headers.items()) == (get.status, get.headers.items())


def test_head_is_answered_by_headers_and_nothing_behind_them(served):
    answer = say(served, b"HEAD /page.js HTTP/1.0\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n") and answer.count(b"\r\n\r\n") == 1


def test_who_has_nothing_more_to_say_gets_a_long_answer_whole(here, mcastd):
    mcastd(here, "".join(receiver(f"MCSERVER.{n}", PORT=6000 + n) for n in range(50)) + ON)
    head, _, body = say(here, b"GET /metrics HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")
    assert len(body) > 50000
    assert b"\r\nContent-Length: %d" % len(body) in head


def test_a_request_may_come_byte_by_byte(served):
    with connected(served) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n":
            sock.sendall(bytes([byte]))
        assert b"".join(iter(lambda: sock.recv(65536), b"")).endswith(b"\r\n\r\nok\n")


def test_http_is_served_over_ipv6(here, mcastd):
    mcastd(here, receiver() + "[DAEMON]\nHTTP = [::1]:9464\n")
    assert ask(here, address="::1").text == "ok\n"


# --- /healthz ---

def test_healthz_is_good_while_a_section_only_waits(here, mcastd):
    mcastd(here, receiver() + receiver("MCSERVER.early", INTERFACE="eth7") + ON)
    answer = ask(here)
    assert (answer.status, answer.text) == (200, "ok\n")


def test_healthz_names_a_silent_section(here, there, mcastd):
    daemon = mcastd(here, receiver("MCSERVER.quiet", EXPECT_EVERY="200ms") + ON)
    daemon.wait_for_status("1 silent")
    answer = ask(here)
    assert answer.status == 503
    assert answer.text.startswith("[mcserver.quiet] silent: ")
    there.send(b"here I am", "239.1.1.1", 5001)
    eventually(lambda: ask(here).status == 200, "healthz to be well again")


def test_healthz_names_a_failed_section(here, mcastd):
    with here.udp("", 5002):
        mcastd(here, receiver() + receiver("MCSERVER.taken", PORT=5002) + ON)
        answer = ask(here)
    assert answer.status == 503
    assert answer.text.startswith("[mcserver.taken] failed: ")
    assert "Address already in use" in answer.text


# --- /status.json ---

def test_status_tells_of_sections_peers_and_acks(here, there, mcastd):
    mcastd(there, receiver(HANDLERS="ack"))
    mcastd(here, receiver() + emitter(INTERVAL="50ms") + ON)
    there.send(b"<b>\xff", "239.1.1.1", 5001)
    def known():
        status = json.loads(ask(here, "/status.json").text)
        return status if len(status["peers"]) == 2 and status["acks"] else None
    status = eventually(known, "two peers and an ack")
    assert status["version"] == 1
    assert [section["name"] for section in status["sections"]] == ["mcserver", "mcclient"]
    heard = {peer["address"]: peer for peer in status["peers"]}
    assert heard[there.address]["payload"] == "<b>\\xff"
    assert heard[here.address]["own"]
    assert there.address in [source["address"] for source in status["acks"]]
    assert status["next"] is None
    assert "ok" not in status


def test_a_long_status_comes_in_pages(here, there, mcastd):
    """Of more sections than a page holds, and then of the peers."""
    sections = [receiver(f"MCSERVER.{n}", PORT=6000 + n) for n in range(300)]
    mcastd(here, "".join(sections) + ON)
    there.send(b"hello", "239.1.1.1", 6299)
    eventually(lambda: metric(here, 'mcastd_received_total{section="mcserver.299"}') == 1, "it to be heard")
    pages, path = [], "/status.json"
    while path:
        pages.append(json.loads(ask(here, path).text))
        path = pages[-1]["next"] and f"/status.json?after={pages[-1]['next']}"
    assert [section["name"] for page in pages for section in page["sections"]] == [
        f"mcserver.{n}" for n in range(300)]
    assert [peer["section"] for page in pages for peer in page["peers"]] == ["mcserver.299"]
    assert all(page["daemon"]["joined"] == 300 for page in pages)


@pytest.mark.parametrize("after", ["", "s", "p", "x1:2", "s1", "p1:2:3", "s-1:0", "p99999999999999999999999:0"])
def test_a_place_to_go_on_that_was_made_up_is_refused(after, served):
    assert ask(served, f"/status.json?after={after}").status == 400


@pytest.mark.parametrize("after", ["s18446744073709551615:0", "p18446744073709551615:18446744073709551615"])
def test_a_place_behind_the_end_is_empty(after, served):
    status = json.loads(ask(served, f"/status.json?after={after}").text)
    assert (status["sections"], status["peers"], status["next"]) == ([], [], None)


# --- /metrics ---

def test_metrics_pass_the_check_of_prometheus(here, there, mcastd):
    mcastd(there, receiver(HANDLERS="ack"))
    mcastd(here, receiver() + emitter(INTERVAL="50ms", MESSAGE="ATU {time} seq={seq} boot={boot}") + ON +
           "HTTP_PEERS = yes\n")
    wait_for_metric(here, f'mcastd_ack_source_acked_total{{section="mcclient",peer="{there.address}"}}', bool)
    checked = subprocess.run(["promtool", "check", "metrics"], input=ask(here, "/metrics").text, text=True,
                             capture_output=True, timeout=DEADLINE)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_metrics_count_as_the_counters_do(here, there, mcastd):
    daemon = mcastd(here, ACKING + ON)
    for _ in range(3):
        there.ask(b"hello", "239.1.1.1", 5001)
    counters = daemon.counters("mcserver")
    assert counters["received"] == 3
    for name, value in counters.items():
        assert metric(here, f'mcastd_{name}_total{{section="mcserver"}}') == value


def test_metrics_tell_neither_addresses_nor_payloads(served, there):
    there.ask(b"a secret", "239.1.1.1", 5001)
    text = ask(served, "/metrics").text
    assert 'mcastd_received_total{section="mcserver"} 1\n' in text
    assert 'mcastd_peers{section="mcserver",state="new"} 1\n' in text
    for private in there.address, served.address, "239.1.1.1", "secret", "peer=", "eth0":
        assert private not in text


def test_metrics_tell_addresses_but_no_payloads_where_that_is_wanted(here, there, mcastd):
    mcastd(here, ACKING + ON + "HTTP_PEERS = yes\n")
    there.ask(b"a secret", "239.1.1.1", 5001)
    text = ask(here, "/metrics").text
    assert f'mcastd_peer_datagrams_total{{section="mcserver",peer="{there.address}"}} 1\n' in text
    assert "secret" not in text


# --- reload ---

def test_a_reload_moves_it(here, mcastd):
    daemon = mcastd(here, receiver() + ON)
    assert "1 kept" in daemon.reload(receiver() + "[DAEMON]\nHTTP = 127.0.0.1:9465\n")
    assert refuses(here)
    assert ask(here, port=9465).status == 200


def test_a_reload_closes_it_with_its_connections(here, mcastd):
    daemon = mcastd(here, receiver() + ON)
    with connected(here) as sock:
        sock.sendall(b"GET /he")
        daemon.reload(receiver())
        assert sock.recv(1) == b""
    assert refuses(here)


def test_a_reload_opens_it(here, mcastd):
    daemon = mcastd(here, receiver())
    daemon.reload(receiver() + ON)
    assert ask(here).status == 200


def test_a_reload_says_whether_metrics_have_addresses(here, there, mcastd):
    daemon = mcastd(here, ACKING + ON)
    there.ask(b"hello", "239.1.1.1", 5001)
    with connected(here) as sock:
        daemon.reload(ACKING + ON + "HTTP_PEERS = yes\n")
        sock.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert f'peer="{there.address}"'.encode() in b"".join(iter(lambda: sock.recv(65536), b""))
    daemon.reload(ACKING + ON)
    assert there.address not in ask(here, "/metrics").text


def test_an_address_that_is_not_there_yet_is_waited_for(here, mcastd):
    daemon = mcastd(here, receiver() + "[DAEMON]\nHTTP = 10.77.0.1:9464\n")
    daemon.wait_for("^HTTP on 10.77.0.1:9464$")
    here.ip("address add 10.77.0.1/32 dev lo")
    assert ask(here, address="10.77.0.1", headers={"Host": "10.77.0.1:9464"}).text == "ok\n"


def test_a_port_that_is_taken_keeps_nobody_from_hearing(here, there, mcastd):
    with here.entered():
        taken = socket.create_server(("127.0.0.1", PORT))
    with taken:
        daemon = mcastd(here, ACKING + ON)
        assert daemon.wait_for(r"HTTP.*127\.0\.0\.1:9464: Address already in use")
        assert there.ask(b"still there?", "239.1.1.1", 5001)
    daemon.reload(ACKING + ON)
    assert ask(here).status == 200


# --- who may ask ---

@pytest.mark.parametrize("name", ["localhost", "LocalHost:9464", "127.0.0.1", "127.0.0.1:9464", "[::1]:9464", "10.0.0.1"])
def test_an_own_name_may_be_asked_for(name, served):
    assert ask(served, headers={"Host": name}).status == 200


@pytest.mark.parametrize("name", ["attacker.example", "attacker.example:9464", "localhost.attacker.example", "127.0.0.1.nip.io",
                                  "127.1", "0x7f000001", "a" * 300])
def test_any_other_name_may_not(name, served):
    """A page whose name was made to point here (DNS rebinding) reads nothing."""
    assert ask(served, "/status.json", headers={"Host": name}).status == 403


def test_a_name_in_the_request_line_counts(served):
    assert b" 403 " in say(served, b"GET http://attacker.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_an_own_name_in_the_request_line_is_asked_for(served):
    assert b" 200 " in say(served, b"GET http://localhost:9464/healthz HTTP/1.1\r\nHost: localhost:9464\r\n\r\n")


def test_a_path_that_looks_like_a_name_is_none(served):
    request = b"GET //localhost/status.json HTTP/1.1\r\nHost: attacker.example:9464\r\n\r\n"
    assert b" 403 " in say(served, request)


def test_where_others_may_ask_any_name_will_do(here, there, mcastd):
    mcastd(here, receiver() + f"[DAEMON]\nHTTP = {here.address}:9464\n")
    assert ask(there, address=here.address, headers={"Host": "ups.example"}).status == 200


# --- bad requests ---

@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_only_get_and_head_are_allowed(method, served):
    answer = ask(served, "/metrics", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert "mcastd_" not in answer.text


def test_it_is_no_proxy(served):
    assert b" 405 " in say(served, b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n")


@pytest.mark.parametrize("line", [b"", b"x", b"GET", b"GET /healthz", b"GET  HTTP/1.1", b"GET /healthz HTTP/2.0",
                                  b"GET /healthz HTTP/1.1 x", b"GET /healthz HTTP/1.0\n\n", b"GET /healthz FTP/1.1", b"GET http://[x/ HTTP/1.1",
                                  b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", bytes(range(14, 256))])
def test_what_is_no_request_is_refused(line, served):
    answer = say(served, line + b"\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert ask(served).status == 200


@pytest.mark.parametrize("header", [b"no colon", b" leads: with a blank", b"Content-Length: -1", b"Content-Length: 1x"])
def test_a_header_that_is_none_is_refused(header, served):
    assert say(served, b"GET /healthz HTTP/1.1\r\n" + header + b"\r\nHost: localhost\r\n\r\n").startswith(
        b"HTTP/1.1 400 ")


@pytest.mark.parametrize("value", [b"", b" ", b":9464", b"a b", b"x@y", b"a/", b"a%4", b"[::1", b"::1", b"[1]", b"localhost:x",
                                   b"\xff"])
def test_a_host_that_is_neither_a_name_nor_an_address_is_refused(value, here, mcastd):
    """Also where any name will do."""
    mcastd(here, receiver() + f"[DAEMON]\nHTTP = {here.address}:9464\n")
    request = b"GET /healthz HTTP/1.1\r\nHost: " + value + b"\r\n\r\n"
    assert say(here, request, here.address).startswith(b"HTTP/1.1 400 ")


def test_a_later_http_1_is_understood_as_the_latest(served):
    """As RFC 9110, 2.5 has it."""
    assert b" 200 " in say(served, b"GET /healthz HTTP/1.9\r\nHost: localhost\r\n\r\n")
    assert b" 400 " in say(served, b"GET /healthz HTTP/1.9\r\n\r\n")


def test_a_request_without_a_host_is_refused_where_it_needs_one(served):
    assert b" 400 " in say(served, b"GET /healthz HTTP/1.1\r\n\r\n")
    assert b" 200 " in say(served, b"GET /healthz HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize("size, status", [(3900, b" 200 "), (4200, b" 400 "), (7000, b" 400 ")])
def test_headers_have_at_most_4_kib(size, status, served):
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * size + b"\r\n\r\n"
    assert status in say(served, request).split(b"\r\n")[0]


def test_a_request_line_without_an_end_is_refused(served):
    assert b" 400 " in say(served, b"GET /" + b"x" * 5000).split(b"\r\n")[0]


@pytest.mark.parametrize("size, status", [(1024, 405), (1025, 413), (2000, 413)])
def test_a_body_has_at_most_1_kib(size, status, served):
    assert ask(served, method="POST", body=b"x" * size).status == status


def test_a_body_in_pieces_has_no_more(served):
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b" 413 " in say(served, request + b"3e8\r\n" + b"x" * 1000 + b"\r\n3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n")


def test_a_body_that_is_not_read_does_not_take_back_the_answer(served):
    """To close while something is unread is to reset the connection, and the client might see nothing else."""
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"
    for _ in range(20):
        assert say(served, head + b"x" * 60000).endswith(b"\r\n\r\na request has no content here\n")


def test_a_connection_is_for_one_request(served):
    answer = say(served, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert b"\r\nConnection: close\r\n" in answer


def test_a_wish_to_keep_the_connection_is_not_granted(served):
    answer = say(served, b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert answer.count(b"Connection: ") == 1
    assert b"\r\nConnection: close\r\n" in answer


# --- too many, too slow ---

def slow(host, count, half=b"GET /metrics HTTP/1.1\r\nHost: loc"):
    """So many connections on which half a request was said, as far as they come through by now."""
    with host.entered(), contextlib.ExitStack() as stack:
        for _ in range(count):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                sock.connect(("127.0.0.1", PORT))
            with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                sock.send(half)
        return stack.pop_all()


def test_500_slow_connections_hold_up_nobody(served, there):
    """Neither who sends datagrams nor who asks by HTTP, and while they are still there."""
    with slow(served, 500):
        for n in range(200):
            assert there.ask(b"%d" % n, "239.1.1.1", 5001) == [(b"ack", (served.address, 5001))]
        assert ask(served).text == "ok\n"
        assert metric(served, "mcastd_http_connections") <= 32
        assert metric(served, TOO_MANY) > 0


def test_the_oldest_connection_leaves_for_a_newcomer(served):
    with slow(served, 1) as _, contextlib.ExitStack() as stack:
        wait_for_metric(served, "mcastd_http_connections", lambda connections: connections == 2)
        oldest = stack.enter_context(connected(served))
        oldest.sendall(b"GET /he")
        for _ in range(32):
            stack.enter_context(connected(served)).sendall(b"GET /he")
        assert oldest.recv(1) == b""
    wait_for_metric(served, TOO_MANY, lambda refused: refused >= 2)


def test_no_connection_is_refused_as_long_as_there_is_room(served):
    with slow(served, 20):
        for _ in range(50):
            assert ask(served).status == 200
        assert metric(served, TOO_MANY) == 0


def test_who_says_nothing_is_left_after_5_seconds(served):
    with connected(served) as silent:
        assert silent.recv(1) == b""
    wait_for_metric(served, DROPPED, lambda dropped: dropped == 1)
    assert metric(served, "mcastd_http_connections") == 1


def test_who_does_not_take_its_answer_is_left_after_5_seconds(here, there, mcastd):
    mcastd(here, MANY + f"[DAEMON]\nHTTP = {here.address}:9464\n")
    with connected(there, here.address, room=4096) as lazy:
        lazy.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        wait_for_metric(here, DROPPED, lambda dropped: dropped == 1, address=here.address)
        with pytest.raises((ConnectionError, http.client.IncompleteRead)):
            answer = http.client.HTTPResponse(lazy)
            answer.begin()
            answer.read()


def test_who_is_being_answered_is_the_last_to_leave(here, there, mcastd):
    mcastd(here, MANY + f"[DAEMON]\nHTTP = {here.address}:9464\n")
    with connected(there, here.address, room=4096) as first, contextlib.ExitStack() as stack:
        first.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        answer = http.client.HTTPResponse(first)
        answer.begin()
        for _ in range(40):
            stack.enter_context(connected(there, here.address)).sendall(b"GET /he")
        wait_for_metric(here, TOO_MANY, lambda refused: refused >= 9, address=here.address)
        assert len(answer.read()) == int(answer.headers["Content-Length"])


def test_who_never_comes_to_an_end_is_not_listened_to(served):
    """The daemon would have to keep it all: a number of any length."""
    with connected(served) as endless:
        endless.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        endless.settimeout(2)
        with pytest.raises((TimeoutError, ConnectionError)):
            for _ in range(256):
                endless.sendall(b"0" * (64 << 10))


def test_who_says_little_at_a_time_is_left_after_30_seconds(served):
    """Each byte is a sign of life, but they must come to an end."""
    with connected(served) as slow_one:
        slow_one.settimeout(0.5)
        slow_one.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        end = time.monotonic() + 2 * DEADLINE
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() < end:
                slow_one.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    if slow_one.recv(1) == b"":
                        break
        assert time.monotonic() < end
    wait_for_metric(served, DROPPED, lambda dropped: dropped == 1)


def asked_at_once(host, count):
    """The answers to so many requests."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connected(host)) for _ in range(count)]
        for sock in socks:
            sock.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        answers = [http.client.HTTPResponse(sock) for sock in socks]
        for answer in answers:
            answer.begin()
        return [Answer(answer) for answer in answers]


def test_who_asks_without_pause_gets_a_fifth_of_the_time(here, there, mcastd):
    """Then the answer is to wait a second; and datagrams are still acknowledged."""
    mcastd(here, ACKING + MANY + ON)
    end = time.monotonic() + DEADLINE
    while (refused := asked_at_once(here, 20)[-1]).status != 429:
        assert time.monotonic() < end
    assert refused.headers["Retry-After"] == "1"
    assert there.ask(b"still there?", "239.1.1.1", 5001)
    eventually(lambda: ask(here).status == 200, "a request to be answered again")


@contextlib.contextmanager
def share_used_up(daemon, host):
    """Within, seconds of HTTP's share are spent: to hear a client took long, some times. Gives the program that tells
    of each time a client is heard, and the client."""
    with injected(daemon, host, "recvfrom:delay_exit=300000:when=1..6") as strace, connected(host) as slow_one:
        slow_one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in range(6):
            slow_one.sendall(b"x")
            strace.wait_for(r"\(DELAYED\)", count=n + 1)
        yield strace, slow_one


def test_to_hear_takes_of_the_fifth_as_well(here, mcastd):
    daemon = mcastd(here, ACKING + ON, **WITHOUT_LEAK_CHECK)
    with share_used_up(daemon, here):
        assert ask(here).status == 429
    eventually(lambda: ask(here).status == 200, "a request to be answered again")


def test_who_says_little_at_a_time_is_heard_less_often_when_the_fifth_is_used_up(here, there, mcastd):
    daemon = mcastd(here, ACKING + ON, **WITHOUT_LEAK_CHECK)
    with share_used_up(daemon, here) as (strace, slow_one):
        heard = len(strace.lines(r"recvfrom\("))
        for _ in range(100):
            slow_one.sendall(b"x")
            time.sleep(0.005)
        assert there.ask(b"still there?", "239.1.1.1", 5001)
        assert len(strace.lines(r"recvfrom\(")) - heard < 50


def test_descriptors_come_back(here, mcastd):
    daemon = mcastd(here, receiver() + ON)
    ask(here)
    def descriptors():
        return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    before = eventually(lambda: metric(here, "mcastd_http_connections") == 1 and descriptors(), "the first to be gone")
    for _ in range(20):
        ask(here, "/metrics")
        ask(here, "/", "POST", body=b"x" * 2000)
        say(here, b"nonsense\r\n\r\n")
        connected(here).close()
    eventually(lambda: descriptors() <= before, lambda: f"{descriptors()} to be {before}")


def test_without_descriptors_a_connection_is_tried_once_a_second(here, there, mcastd):
    daemon = mcastd(here, ACKING + ON, **WITHOUT_LEAK_CHECK)
    with injected(daemon, here, "accept4:error=EMFILE") as strace, connected(here) as waiting:
        strace.wait_for(r"\(INJECTED\)")
        began = time.monotonic()
        assert there.ask(b"still there?", "239.1.1.1", 5001)
        eventually(lambda: injections(strace) >= 3, "three tries")
        assert time.monotonic() - began > 1.5
        waiting.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
    assert ask(here).status == 200


def test_while_nobody_is_connected_nothing_wakes_the_daemon(here, there, mcastd):
    """But what it hears: a datagram each second is the clock of this test."""
    daemon = mcastd(here, receiver() + ON)
    assert ask(here).status == 200
    strace = here.start(*STRACE, "-e", "trace=epoll_wait", "-p", daemon.process.pid)
    strace.wait_for("attached")
    mcastd(there, emitter(INTERVAL="1s"))
    daemon.wait_for("received", count=4)
    strace.process.send_signal(signal.SIGINT)
    strace.process.wait(DEADLINE)
    assert len(strace.lines(r"epoll_wait\(.*, \[\], .* = 0$")) < 3


def test_a_client_that_goes_away_in_the_midst_is_no_trouble(served):
    for _ in range(20):
        with connected(served) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert ask(served).status == 200
