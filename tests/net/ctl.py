"""mcastctl as the tests call it, and what it may find instead of a daemon."""
import contextlib
import json
import re
import socket
import threading

from daemon import built


def command(daemon, line):
    return [built("mcastctl"), *line.split(" "), "--socket", f"{daemon.folder}/run"]


def ctl(daemon, host, line, prefix=()):
    return host.run(*prefix, *command(daemon, line))


def printed(daemon, host, line):
    outcome = ctl(daemon, host, line)
    assert (outcome.returncode, outcome.stderr) == (0, ""), outcome
    return outcome.stdout


def document(daemon, host, line):
    return json.loads(printed(daemon, host, line + " --json"))


def rows(text):
    """The cells of each line. Two blanks part them."""
    return [re.split(r" {2,}", line) for line in text.splitlines()]


def heard(daemon, there, payload=b"hello"):
    there.send(payload, "239.1.1.1", 5001)
    daemon.wait_for("^received .*" + payload.decode())


@contextlib.contextmanager
def impostor(folder, *answers):
    """Something at control.sock that gives every client these answers, one a request, and hangs up."""
    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, client.makefile("rb") as requests:
                    for answer in answers:
                        requests.readline()
                        client.sendall(answer)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(f"{folder}/control.sock")
        listener.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
