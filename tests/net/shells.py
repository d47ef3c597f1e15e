"""Shells that somebody types into: real ones, on a terminal of their own, and what they complete."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

from daemon import built
from lan import eventually

PROMPT = "ready> "
END = "the-end"
# To the line's begin and end.
HOME, LINE_END = "\x01", "\x05"
BIN = os.path.dirname(built("mcastctl"))


class Shell:
    """An interactive shell, in the namespace of a host, that has done what is to be set up."""

    def __init__(self, host, argv, setup, insert_all):
        self._insert_all = insert_all
        self._terminal, theirs = pty.openpty()
        os.set_blocking(self._terminal, False)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 2000, 0, 0))
        self._output = ""
        with host.entered():
            self._process = subprocess.Popen(
                argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                env={"PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "dumb", "HOME": "/nowhere", "LC_ALL": "C.UTF-8"})
        os.close(theirs)
        self._type(f"PS1='{PROMPT}'; {setup}; echo set-up-$((1 + 1))\n")
        self._wait_for(r"set-up-2\r?\n(.|\n)*" + PROMPT)

    def all(self, line):
        """The words of the line after all that could complete it was put in."""
        return self._words(line, self._insert_all)

    def tab(self, line):
        """The words of the line after the tabulator was pressed once."""
        return self._words(line, "\t")

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def _words(self, line, key):
        self._output = ""
        self._type(f"{line}{key}{HOME}printf '@%s\\n' {LINE_END} {END}\n")
        self._wait_for(rf"\n@{END}\r?\n(.|\n)*{PROMPT}")
        return re.findall(r"^@(.*?)\r?$", self._output, re.M)[:-1]

    def _type(self, keys):
        os.write(self._terminal, keys.encode())

    def _wait_for(self, pattern):
        def found():
            try:
                self._output += os.read(self._terminal, 1 << 16).decode()
            except BlockingIOError:
                pass
            return re.search(pattern, self._output)
        eventually(found, lambda: f"/{pattern}/ in {self._output!r}")


def bash(host, folder):
    """Has the script sourced."""
    # Meta-* is what puts in all completions.
    return Shell(host, ["bash", "--norc", "--noprofile", "-i"], "source <(mcastctl completion bash)", "\033*")


def zsh(host, folder):
    """Has the script in a folder of $fpath, as it is installed."""
    with open(f"{folder}/_mcastctl", "w") as script:
        subprocess.run([built("mcastctl"), "completion", "zsh"], stdout=script, check=True)
    setup = (f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -D; bindkey -e; "
             "zle -C insert-all complete-word _generic; bindkey '^Xa' insert-all; "
             "zstyle ':completion:insert-all::::' completer _all_matches _complete; "
             "zstyle ':completion:insert-all:*' insert yes; unsetopt prompt_sp prompt_cr")
    return Shell(host, ["zsh", "-f", "-i"], setup, "\x18a")
