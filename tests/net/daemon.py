"""mcastd as the tests see it: given a configuration, awaited through NOTIFY_SOCKET, read line by line."""
import os
import pathlib
import re
import signal
import socket
from collections import Counter

from lan import DEADLINE, Program, eventually

ENVIRONMENT = {"PATH": os.environ["PATH"], "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}


def built(name):
    return os.path.join(os.environ["MCASTD_BUILD"], name)


def receiver(name="MCSERVER", **keys):
    """A section for the configuration. A key that is None is left out."""
    return section(name, keys)


def emitter(name="MCCLIENT", **keys):
    return section(name, keys)


def section(name, keys):
    keys = {"MCAST_GROUP": "239.1.1.1", "PORT": 5001, "INTERFACE": "eth0"} | keys
    return f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)


class Daemon(Program):
    """A mcastd that has said READY=1. Its files are in the folder."""

    def __init__(self, host, config, folder, journal=None, **environment):
        self.folder = pathlib.Path(folder)
        self.file = self.folder / "mcastd.conf"
        self.configure(config)
        self.notices = []
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._notify.bind(f"{folder}/notify")
        command = [built("mcastd"), "-c", self.file]
        super().__init__(host, *(journal.wrap(command) if journal else command),
                         env=ENVIRONMENT | {"NOTIFY_SOCKET": f"{folder}/notify", "RUNTIME_DIRECTORY": f"{folder}/run"} |
                         environment)
        self.wait_for_notice("READY=1")

    def configure(self, config):
        self.file.write_text(config)

    def reload(self, config):
        """Returns what the daemon says of it, when it is over."""
        printed = self.printed()
        self.reload_unread(config)
        return self.wait_for("reloaded", since=printed)[-1]

    def reload_unread(self, config):
        """Until it is over. Does not read the log, which may be long."""
        self.configure(config)
        readies = self._count_notices("READY=1")
        self.process.send_signal(signal.SIGHUP)
        self.wait_for_notice("READY=1", readies + 1)

    def counters(self, section):
        """By name; those that are not named are zero."""
        line = rf"^counters of \[{re.escape(section)}\]: "
        printed = self.printed()
        self.process.send_signal(signal.SIGUSR1)
        told = self.wait_for(line, since=printed)[-1]
        return Counter({name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", told)})

    def wait_for_counters(self, section, **expected):
        """Until the counters named have exactly these values."""
        def equal():
            counters = self.counters(section)
            return all(counters[name] == value for name, value in expected.items())
        eventually(equal, lambda: f"{section} to count {expected}, not {self.counters(section)}")

    def wait_for_notice(self, notice, count=1):
        def said():
            ended = self.process.poll() is not None
            enough = self._count_notices(notice) >= count
            assert enough or not ended, f"mcastd has ended: {self.output()}"
            return enough
        eventually(said, lambda: f"{notice} after {self.notices}")

    def wait_for_status(self, pattern):
        """Until this is found in what the service manager was told last."""
        def found():
            self._count_notices("")
            return re.search(pattern, self.status())
        eventually(found, lambda: f"the status /{pattern}/, not {self.status()}")

    def status(self):
        """As the service manager was told last, when its notices were last read."""
        told = [notice for notice in self.notices if notice.startswith("STATUS=")]
        return told[-1].removeprefix("STATUS=") if told else ""

    def _count_notices(self, notice):
        try:
            while True:
                self.notices += self._notify.recv(4096).decode().splitlines()
        except BlockingIOError:
            return self.notices.count(notice)

    def stop(self, by=signal.SIGTERM):
        """Its exit status."""
        self.process.send_signal(by)
        return self.process.wait(DEADLINE)

    def end(self):
        """Every daemon ends well, unless its test has ended it, and no sanitizer has complained."""
        if self.process.poll() is None:
            assert self.stop() == 0, self.output()
        print(self.output()[-5000:])
        assert not self.lines("Sanitizer|runtime error:")
