"""mcastd as an administrator of the container sees it: systemctl, journalctl, the file in /etc, /proc."""
import json
import re
import shutil

from container import eventually

UNIT = "mcastd.service"
CONFIGURATION = "/etc/mcastd/mcastd.conf"
KEYS = "/etc/mcastd/keys"


class Service:
    def __init__(self, container):
        self.container = container
        self.configuration = container.path(CONFIGURATION)
        self.keys = container.path(KEYS)
        self.journal = Journal(container)

    def install(self, deb):
        """Without any package source, so that what is missing in the package's Depends fails here."""
        shutil.copy(deb, self.container.path("/tmp/package.deb"))
        return self.container.run("dpkg", "--force-confold", "--install", "/tmp/package.deb")

    def show(self, name):
        return self.container.output("systemctl", "show", "--property", name, "--value", UNIT)

    @property
    def state(self):
        return self.show("ActiveState")

    @property
    def pid(self):
        """Of the main process, which there must be: 0 would be our own process group to kill(1)."""
        pid = int(self.show("MainPID"))
        assert pid != 0, f"{UNIT} has no process"
        return pid

    @property
    def restarts(self):
        return int(self.show("NRestarts"))

    def systemctl(self, verb):
        """Whether it worked."""
        return self.container.run("systemctl", verb, UNIT, check=False).returncode == 0

    def reload(self):
        """Returns when the daemon has done it; systemctl returns when it has told the daemon."""
        mark = self.journal.mark()
        assert self.systemctl("reload-or-restart")
        return self.journal.wait_for("^(reloaded|Started) ", mark)["MESSAGE"]

    def status(self, section):
        """What `mcastctl status` tells of a section."""
        document = json.loads(self.container.output("mcastctl", "status", "--json"))
        return next(told for told in document["sections"] if told["name"] == section)

    def counters(self, section):
        return self.status(section)["counters"]

    def signal(self, name):
        self.container.run("kill", f"-{name}", self.pid)

    def wait_for_another_process(self, than):
        eventually(lambda: self.show("MainPID") not in ("0", str(than)) and self.state == "active",
                   f"{UNIT} to be active with another process than {than}")

    def process_status(self, field):
        """A field of the main process's /proc/PID/status."""
        text = self.container.path(f"/proc/{self.pid}/status").read_text()
        return re.search(rf"^{field}:\s*(.*)$", text, re.MULTILINE)[1]


class Journal:
    """What journalctl says about the unit: mcastd's own lines and systemd's lines about it."""

    def __init__(self, container):
        self._container = container

    def mark(self):
        """Where the journal ends now, for the other methods' since."""
        return self._records("--lines=1")[-1]["__CURSOR"]

    def records(self, since=None):
        return self._records("--unit", UNIT, *([f"--after-cursor={since}"] if since else []))

    def lines(self, since=None):
        return [record["MESSAGE"] for record in self.records(since)]

    def wait_for(self, pattern, since=None):
        """The first record whose line has the pattern."""
        return eventually(lambda: self.find(pattern, since), f"a line like '{pattern}' in the journal")

    def find(self, pattern, since=None):
        return next((r for r in self.records(since) if re.search(pattern, r["MESSAGE"])), None)

    def _records(self, *arguments):
        output = self._container.output("journalctl", "--quiet", "--output=json", *arguments)
        return [json.loads(line) for line in output.splitlines()]
