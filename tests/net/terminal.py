"""A terminal with a program in it, as somebody in front of it has it: keys, and what the screen shows. By tmux."""
import pathlib
import re
import subprocess

from lan import DEADLINE, Program, eventually

# Around the program: how the terminal was set before, and how it is left. The keys that end the program are not for the
# shell.
SCRIPT = """trap : INT QUIT; echo before; stty -g; "$@"; echo "ended with $?"; stty -g; exec cat"""


# A leak is looked for while the program is stopped by a tracer, which for ever contends with the signals that end a terminal.
NO_LEAK_CHECK = {"ASAN_OPTIONS": "detect_leaks=0"}


class Terminal:
    """Runs a command, and after it a cat, so that the screen stays. Ends with the host."""

    def __init__(self, host, folder, *argv, size=(100, 20), **environment):
        self._socket = f"{folder}/tmux"
        self._server = Program(host, "tmux", "-D", "-f", "/dev/null", "-S", self._socket,
                               env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm", **NO_LEAK_CHECK} |
                               environment)
        command = ["new-session", "-d", "-x", size[0], "-y", size[1], "sh", "-c", SCRIPT, "sh", *argv]
        eventually(lambda: self._ask(*command).returncode == 0, "a terminal")

    def _ask(self, *argv):
        # -N: a client that comes before the server would start one of its own, which nobody ends.
        return subprocess.run(["tmux", "-N", "-S", self._socket, *map(str, argv)], capture_output=True, text=True,
                              timeout=DEADLINE, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})

    def press(self, *keys):
        """Keys as tmux names them: q, Enter, Down, C-c, …"""
        self._ask("send-keys", *keys)

    def resize(self, columns, lines):
        self._ask("resize-window", "-x", columns, "-y", lines)

    def lines(self, colours=False):
        """What is on the screen, without the blanks at the ends."""
        shown = self._ask("capture-pane", "-p", *(["-e"] if colours else [])).stdout
        return [line.rstrip() for line in shown.split("\n")[:-1]]

    def wait_for(self, *patterns):
        """The screen, as soon as all of these are found in it: each in a line of its own, in this order."""
        def found():
            lines = self.lines()
            at = iter(lines)
            return all(any(re.search(pattern, line) for line in at) for pattern in patterns) and lines
        return eventually(found, lambda: "/, /".join(patterns) + " on:\n" + "\n".join(self.lines()))

    def state(self):
        """How the terminal is set: whether the cursor is seen, the other screen shown, and the keypad on."""
        return self._ask("display-message", "-p", "#{cursor_flag} #{alternate_on} #{keypad_cursor_flag}").stdout.split()

    def program(self):
        """The process id of what is run."""
        shell = self._ask("display-message", "-p", "#{pane_pid}").stdout.strip()
        return int(pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text())
