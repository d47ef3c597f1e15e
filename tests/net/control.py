"""A client of the control sockets: lines of JSON, asked and read."""
import json
import os
import socket

from lan import DEADLINE


def path_of(daemon, name="control.sock"):
    return f"{daemon.folder}/run/{name}"


class Client:
    """Connected until it is closed, or the test is over."""

    def __init__(self, daemon, name="control.sock"):
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # With a timeout it would not wait until there is room to wait.
        self._sock.connect(path_of(daemon, name))
        self._sock.settimeout(DEADLINE)
        self._read = b""

    def set_patience(self, seconds):
        self._sock.settimeout(seconds)

    def send(self, data):
        self._sock.sendall(data)

    def request(self, verb, **members):
        """Does not wait for the answer."""
        self.send(json.dumps({"verb": verb} | members).encode() + b"\n")

    def next(self):
        """The next line; None: there will be none any more."""
        while b"\n" not in self._read:
            try:
                data = self._sock.recv(1 << 16)
            except ConnectionResetError:  # it was closed with requests unread
                data = b""
            if not data:
                return None
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return json.loads(line)

    def ask(self, verb, **members):
        """The answer. Events that come before it are thrown away."""
        self.request(verb, **members)
        while "event" in (answer := self.next()):
            pass
        return answer

    def event(self, kind):
        """The next event of this kind. Others are thrown away."""
        while (event := self.next())["event"] != kind:
            pass
        return event

    def ends(self):
        """That it is closed by the other side, and nothing was left to be read."""
        return self.next() is None and not self._read

    def end_of_requests(self):
        self._sock.shutdown(socket.SHUT_WR)

    def close(self):
        self._sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ask(daemon, verb, socket_name="control.sock", **members):
    """One request of a client of its own."""
    with Client(daemon, socket_name) as client:
        return client.ask(verb, **members)


def ask_all(daemon, verb, items, **members):
    """All items of all pages, and how many there were on each."""
    found, pages, answer = [], [], {"next": None}
    with Client(daemon) as client:
        while not pages or answer["next"]:
            after = {"after": answer["next"]} if answer["next"] else {}
            answer = client.ask(verb, **members, **after)
            assert answer["next"] is None or answer["next"] != after.get("after"), "a page that leads to itself"
            found += answer[items]
            pages.append(len(answer[items]))
    return found, pages


def counts(daemon):
    """What clients have done to the daemon; whoever asks is one of them."""
    return ask(daemon, "status")["daemon"]["control"]


def mode(path):
    return os.stat(path).st_mode & 0o7777
