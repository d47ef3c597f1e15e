"""HTTP as a client on a host sees it: whole requests and answers, or bytes by the socket. Knows no path."""
import http.client
import re
import socket

from lan import DEADLINE, eventually, family_of

PORT = 9464
ON = "[DAEMON]\nHTTP = 127.0.0.1:9464\n"


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def text(self):
        return self.body.decode()


def connected(host, address="127.0.0.1", port=PORT, room=None):
    """With room for so many bytes that came and are not read yet."""
    with host.entered():
        sock = socket.socket(family_of(address), socket.SOCK_STREAM)
        if room:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        sock.settimeout(DEADLINE)
        sock.connect((address, port))
    return sock


def ask(host, path="/healthz", method="GET", headers=(), address="127.0.0.1", port=PORT, body=None):
    connection = http.client.HTTPConnection(address, port)
    connection.sock = connected(host, address, port)
    with connection.sock:
        connection.request(method, path, body, dict(headers))
        return Answer(connection.getresponse())


def say(host, request, address="127.0.0.1", port=PORT):
    """What comes back for these bytes, until the other side closes. Says then that it has nothing to add."""
    with connected(host, address, port) as sock:
        sock.sendall(request)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def refuses(host, address="127.0.0.1", port=PORT):
    try:
        connected(host, address, port).close()
    except ConnectionRefusedError:
        return True
    return False


def metric(host, sample, **options):
    """The value of the one sample that is written so: 'name' or 'name{label="value"}'. None: there is none."""
    values = re.findall(rf"^{re.escape(sample)} (\S+)$", ask(host, "/metrics", **options).text, re.M)
    assert len(values) < 2, f"{sample} is there {len(values)} times"
    return float(values[0]) if values else None


def wait_for_metric(host, sample, good, **options):
    """Until it is there, and good(value)."""
    def is_good():
        value = metric(host, sample, **options)
        return value is not None and good(value)
    eventually(is_good, lambda: f"{sample}, which is {metric(host, sample, **options)}")
