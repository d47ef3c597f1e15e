"""mcastctl keygen and keys: making keys, checking a file of them, and handing it to the daemon."""
import contextlib
import os
import re
import signal
import socket
import stat

import pytest

from ctl import ctl, document, printed
from daemon import built, emitter, receiver
from lan import eventually
from signing import Key, keys_file

GROUP, PORT = "239.1.1.1", 5001
OLD, NEW = Key(1), Key(2)
LINE = re.compile(r"(\d+) ([0-9a-f]{64})\n")


def run(host, *arguments):
    return host.run(built("mcastctl"), *arguments)


# --- keygen ---

@pytest.mark.parametrize("arguments, id", [([], "1"), (["1"], "1"), (["7"], "7"), (["65535"], "65535")])
def test_a_key_is_a_line_of_its_id_and_32_bytes(arguments, id, here):
    outcome = run(here, "keygen", *arguments)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert LINE.fullmatch(outcome.stdout)[1] == id


def test_no_two_keys_are_the_same(here):
    secrets = {LINE.fullmatch(run(here, "keygen").stdout)[2] for _ in range(10)}
    assert len(secrets) == 10


@pytest.mark.parametrize("arguments", ["0", "65536", "-1", "07x", "seven", "1 2", "--nonsense"])
def test_what_is_no_id_is_a_usage_error(arguments, here):
    outcome = run(here, "keygen", *arguments.split())
    assert (outcome.returncode, outcome.stdout) == (64, "")
    assert outcome.stderr


def keygen_into(host, path, mode):
    """Its exit status and what it says, with a file of this mode as its standard output."""
    with open(path, "w") as file:
        os.fchmod(file.fileno(), mode)
        return host.run("sh", "-c", f"exec {built('mcastctl')} keygen 7 >>{path}")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601])
def test_no_key_goes_into_a_file_of_others(mode, here, folder):
    path = f"{folder}/keys"
    outcome = keygen_into(here, path, mode)
    assert outcome.returncode == 1
    assert f"standard output is a file of mode {mode:04o}" in outcome.stderr and "chmod 0600" in outcome.stderr
    assert os.path.getsize(path) == 0


def test_a_key_can_be_added_to_a_file_of_ones_own(here, folder):
    path = f"{folder}/keys"
    outcome = keygen_into(here, path, 0o600)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert LINE.fullmatch(open(path).read())


def test_a_key_that_cannot_be_written_is_told(here):
    outcome = here.run("sh", "-c", f"exec {built('mcastctl')} keygen >/dev/full")
    assert outcome.returncode == 1
    assert "cannot write the key: No space left on device" in outcome.stderr


def test_what_keygen_makes_keys_takes(here, folder):
    path = f"{folder}/keys"
    with open(path, "w") as file:
        file.write(run(here, "keygen", 7).stdout + run(here, "keygen", 9).stdout)
    os.chmod(path, 0o400)
    outcome = run(here, "keys", "--check", path)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, f"{path}: good; keys: 2 (7, 9)\n", "")


# --- keys: the check ---

def test_a_file_without_keys_is_good(here, folder):
    path = keys_file(f"{folder}/keys")
    assert run(here, "keys", "-n", path).stdout == f"{path}: good; keys: 0\n"


def test_the_check_needs_no_daemon_and_hands_over_nothing(here, mcastd, folder):
    keys, other = keys_file(f"{folder}/keys", OLD), keys_file(f"{folder}/other", NEW)
    daemon = mcastd(here, f"[DAEMON]\nLOG_LEVEL = info\n{receiver(AUTH='enforce')}", **credentials(folder, OLD))
    assert run(here, "keys", "-n", other, "--socket", f"{daemon.folder}/run").returncode == 0
    assert run(here, "keys", "-n", keys, "--socket", "/nowhere").returncode == 0
    reload(daemon)
    assert not hears(daemon, here, NEW)


def test_every_mistake_is_told_with_its_line_and_nothing_of_what_stands_there(here, folder):
    path, secret = f"{folder}/keys", OLD.secret.hex()
    with open(path, "w") as file:
        file.write(f"# fine\n0 {secret}\n1 {secret}\n1 {secret}\n2 {secret[:-2]}\n3 {secret[:-1]}x\n")
    os.chmod(path, 0o400)
    outcome = run(here, "keys", path)
    assert outcome.returncode == 78
    assert outcome.stdout == ""
    lines = re.findall(rf"^mcastctl keys: {path}:(\d+): ", outcome.stderr, re.M)
    assert lines == ["2", "4", "5", "6"]
    assert secret[:8] not in outcome.stderr


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o420, 0o600 | stat.S_IWOTH])
def test_a_file_that_others_may_use_is_refused(mode, here, folder):
    path = keys_file(f"{folder}/keys", OLD, mode=mode)
    outcome = run(here, "keys", "--check", path)
    assert outcome.returncode == 78
    assert outcome.stderr == f"mcastctl keys: {path}: has mode {mode:04o}; only its owner may use it: chmod 0400\n"


def symbolic_link(folder):
    os.symlink(keys_file(f"{folder}/real", OLD), f"{folder}/keys")


def pipe(folder):
    os.mkfifo(f"{folder}/keys", 0o600)


@pytest.mark.parametrize("make, mistake", [
    (lambda folder: None, "cannot be read: No such file or directory"), (symbolic_link, "is a symbolic link"),
    (pipe, "is not a regular file"), (lambda folder: os.mkdir(f"{folder}/keys"), "is a directory")])
def test_what_is_no_file_is_refused(make, mistake, here, folder):
    make(folder)
    outcome = run(here, "keys", f"{folder}/keys")
    assert (outcome.returncode, outcome.stdout) == (78, "")
    assert outcome.stderr.startswith(f"mcastctl keys: {folder}/keys: {mistake}")


def test_it_is_checked_or_not(here):
    outcome = run(here, "keys", "--check", "--unchecked")
    assert (outcome.returncode, outcome.stdout) == (64, "")
    assert "--check or --unchecked, not both" in outcome.stderr


# --- keys: the handing over ---

def credentials(folder, *keys):
    """The environment of a daemon to which a service manager has given these."""
    os.makedirs(f"{folder}/credentials", exist_ok=True)
    keys_file(f"{folder}/credentials/keys", *keys)
    return {"CREDENTIALS_DIRECTORY": f"{folder}/credentials"}


def reload(daemon):
    """With the configuration as it is. What the daemon says of it."""
    return daemon.reload(daemon.file.read_text())


def hand_over(daemon, host, path):
    outcome = ctl(daemon, host, f"keys {path}")
    assert outcome.returncode == 0, outcome
    return outcome.stdout


def hears(daemon, host, key):
    """Whether a message that is signed by the key is taken."""
    before = daemon.counters("mcserver")
    host.send(key.sign(b"hello", GROUP, PORT), GROUP, PORT)
    eventually(lambda: daemon.counters("mcserver")["received"] > before["received"], "the message to come in")
    return daemon.counters("mcserver")["auth_ok"] > before["auth_ok"]


@pytest.fixture
def daemon(here, mcastd, folder):
    """One that checks signatures, and knows the old key alone."""
    return mcastd(here, receiver(AUTH="enforce"), **credentials(folder, OLD))


def test_the_daemon_takes_what_was_handed_over_at_its_next_reload(daemon, here, there, folder):
    told = hand_over(daemon, here, keys_file(f"{folder}/new", OLD, NEW))
    assert told == f"{folder}/new: good; keys: 2 (1, 2); handed to mcastd, for its next reload\n"
    assert not hears(daemon, there, NEW)
    reload(daemon)
    assert hears(daemon, there, NEW) and hears(daemon, there, OLD)


def test_a_key_that_is_not_there_any_more_is_not_taken_any_more(daemon, here, there, folder):
    hand_over(daemon, here, keys_file(f"{folder}/new", NEW))
    reload(daemon)
    assert hears(daemon, there, NEW) and not hears(daemon, there, OLD)


def test_of_several_files_the_last_one_counts(daemon, here, there, folder):
    for keys in [NEW, OLD], [OLD], [NEW]:
        hand_over(daemon, here, keys_file(f"{folder}/new", *keys))
    reload(daemon)
    assert hears(daemon, there, NEW) and not hears(daemon, there, OLD)


def test_each_reload_reads_the_file_anew(daemon, here, there, folder):
    path = keys_file(f"{folder}/new", OLD)
    hand_over(daemon, here, path)
    reload(daemon)
    os.chmod(path, 0o600)
    with open(path, "a") as file:
        file.write(NEW.line)
    reload(daemon)
    assert hears(daemon, there, NEW)


def test_a_file_that_has_become_wrong_is_refused_and_the_daemon_goes_on(daemon, here, there, folder):
    path = keys_file(f"{folder}/new", NEW)
    hand_over(daemon, here, path)
    reload(daemon)
    os.chmod(path, 0o644)
    assert "not reloaded" in reload(daemon)
    assert hears(daemon, there, NEW)


def test_a_wrong_file_is_not_handed_over(daemon, here, there, folder):
    path = keys_file(f"{folder}/new", NEW, mode=0o644)
    assert ctl(daemon, here, f"keys {path}").returncode == 78
    os.chmod(path, 0o400)
    reload(daemon)
    assert hears(daemon, there, OLD) and not hears(daemon, there, NEW)


def naming(keys):
    """The configuration of a daemon that reads its keys itself."""
    return f"[DAEMON]\nKEYS = {keys}\n{receiver(AUTH='enforce')}"


@pytest.mark.parametrize("option", ["", "--unchecked "], ids=["by hand", "as the unit does"])
def test_while_the_configuration_says_where_the_keys_are_no_others_count(option, here, there, mcastd, folder):
    """Whoever does it by hand is told so."""
    own, new = keys_file(f"{folder}/own", OLD), keys_file(f"{folder}/new", NEW)
    daemon = mcastd(here, naming(own))
    outcome = ctl(daemon, here, f"keys {option}{new}")
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout == (
        f"{new}: not checked; handed to mcastd, for its next reload\n" if option else
        f"{new}: good; keys: 1 (2); handed to mcastd, "
        f"which does not use it as long as its configuration has KEYS = {own}\n")
    reload(daemon)
    assert hears(daemon, there, OLD) and not hears(daemon, there, NEW)


def test_of_the_file_that_the_configuration_names_it_is_told_that_the_daemon_reads_it(here, mcastd, folder):
    own = keys_file(f"{folder}/own", OLD)
    daemon = mcastd(here, naming(own))
    for name in own, f"{folder}/../{os.path.basename(folder)}/own":
        outcome = ctl(daemon, here, f"keys {name}")
        assert (outcome.returncode, outcome.stderr) == (0, "")
        assert outcome.stdout == f"{name}: good; keys: 1 (1); mcastd reads it itself, at each reload\n"


def test_with_the_reload_after_which_the_configuration_names_none_they_count(here, there, mcastd, folder):
    daemon = mcastd(here, naming(keys_file(f"{folder}/own", OLD)), **credentials(folder, OLD))
    daemon.configure(receiver(AUTH="enforce"))
    assert ctl(daemon, here, f"keys {keys_file(f'{folder}/new', NEW)}").returncode == 0
    reload(daemon)
    assert hears(daemon, there, NEW) and not hears(daemon, there, OLD)
    assert printed(daemon, here, f"keys {folder}/new").endswith("; handed to mcastd, for its next reload\n")


def test_only_root_and_the_daemon_itself_may_hand_over(daemon):
    status = os.stat(f"{daemon.folder}/run/keys.sock")
    assert stat.filemode(status.st_mode) == "srw-------"
    assert status.st_uid == os.geteuid()


def test_what_others_leave_at_the_socket_changes_nothing(daemon, there):
    read, write = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(f"{daemon.folder}/run/keys.sock")
        sock.send(b"")
        sock.send(b"keys, please")
        for descriptors in [read], [write], [read, write]:
            socket.send_fds(sock, [b"x"], descriptors)
    os.close(read), os.close(write)
    before = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    assert reload(daemon).startswith("reloaded")
    assert len(os.listdir(f"/proc/{daemon.process.pid}/fd")) == before
    assert hears(daemon, there, OLD)


def test_a_thousand_files_leave_one_descriptor(daemon, here, folder):
    path = keys_file(f"{folder}/new", NEW)
    hand_over(daemon, here, path)
    reload(daemon)
    before = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    descriptor = os.open(path, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(f"{daemon.folder}/run/keys.sock")
        for _ in range(100):
            with contextlib.suppress(BlockingIOError):
                for _ in range(10):
                    socket.send_fds(sock, [b"x"], [descriptor], socket.MSG_DONTWAIT)
            reload(daemon)
    os.close(descriptor)
    assert len(os.listdir(f"/proc/{daemon.process.pid}/fd")) == before


def leave_all_that_can_wait(daemon, path):
    """A reload takes them; nothing else does."""
    with open(path) as file, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(f"{daemon.folder}/run/keys.sock")
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                socket.send_fds(sock, [b"x"], [file.fileno()])


def test_more_than_can_wait_is_told(daemon, here, folder):
    path = keys_file(f"{folder}/new", NEW)
    leave_all_that_can_wait(daemon, path)
    outcome = ctl(daemon, here, f"keys {path}")
    assert outcome.returncode == 1
    assert outcome.stderr == (
        f"mcastctl keys: mcastd must first take the files that wait at {daemon.folder}/run/keys.sock: "
        "Resource temporarily unavailable\nIt does when it is told to: systemctl kill --signal=HUP mcastd\n")


def test_without_a_daemon_it_is_told_and_fails(here, folder):
    outcome = run(here, "keys", keys_file(f"{folder}/new", NEW), "--socket", folder)
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert outcome.stderr == (f"mcastctl keys: no mcastd takes keys at {folder}/keys.sock: No such file or directory\n"
                              "Is the service running? systemctl status mcastd tells.\n")


def test_a_file_without_keys_needs_nobody_who_takes_it(here, folder):
    path = keys_file(f"{folder}/new")
    outcome = run(here, "keys", path, "--socket", folder)
    assert (outcome.returncode, outcome.stdout) == (0, f"{path}: good; keys: 0\n")


def test_a_daemon_that_was_killed_is_replaced_at_the_socket(here, there, mcastd, folder):
    environment = credentials(folder, OLD)
    killed = mcastd(here, receiver(AUTH="enforce"), **environment)
    assert killed.stop(signal.SIGKILL) != 0
    left = f"{killed.folder}/run"
    daemon = mcastd(here, f"[DAEMON]\nRUNTIME_DIR = {left}\n{receiver(AUTH='enforce')}", **environment)
    assert run(here, "keys", keys_file(f"{folder}/new", NEW), "--socket", left).returncode == 0
    reload(daemon)
    assert hears(daemon, there, NEW)


def test_the_socket_goes_with_the_daemon(daemon):
    assert daemon.stop() == 0
    assert os.listdir(f"{daemon.folder}/run") == []


def test_a_key_change_loses_nothing(here, there, mcastd, folder):
    """As the manual has it: the new key to the receivers, then to the senders, then the old one away."""
    path = keys_file(f"{folder}/new", OLD, NEW)
    sender_file = f"[DAEMON]\nKEYS = {path}\n" + emitter(INTERVAL="20ms", KEY=OLD.id)
    heard = mcastd(here, receiver(AUTH="enforce"), **credentials(folder, OLD))
    sender = mcastd(there, sender_file)
    hand_over(heard, here, path)
    reload(heard)
    sender.reload(sender_file.replace(f"KEY = {OLD.id}", f"KEY = {NEW.id}"))
    ok = heard.counters("mcserver")["auth_ok"]
    eventually(lambda: heard.counters("mcserver")["auth_ok"] > ok + 5, "messages by the new key")
    hand_over(heard, here, keys_file(f"{folder}/newest", NEW))
    reload(heard)
    ok = heard.counters("mcserver")["auth_ok"]
    eventually(lambda: heard.counters("mcserver")["auth_ok"] > ok + 5, "messages by the new key")
    counters = heard.counters("mcserver")
    assert counters["auth_ok"] == counters["received"]
    assert [name for name in counters if name.startswith("dropped")] == []


def test_peers_tells_the_key(daemon, here, there):
    there.send(OLD.sign(b"hello", GROUP, PORT), GROUP, PORT)
    eventually(lambda: document(daemon, here, "peers")["peers"], "a peer")
    peer, = document(daemon, here, "peers")["peers"]
    assert peer["key"] == OLD.id


# --- keys: as the unit hands them over ---

def test_unchecked_even_a_wrong_file_is_handed_over_and_the_daemon_finds_it_wrong(daemon, here, there, folder):
    path = keys_file(f"{folder}/new", NEW, mode=0o644)
    told = printed(daemon, here, f"keys --unchecked {path}")
    assert told == f"{path}: not checked; handed to mcastd, for its next reload\n"
    assert "not reloaded" in reload(daemon)
    assert daemon.lines(f"^{path}: has mode 0644; only its owner may use it: chmod 0400$")
    os.chmod(path, 0o400)
    reload(daemon)
    assert hears(daemon, there, NEW) and not hears(daemon, there, OLD)


@pytest.mark.parametrize("make, mistake", [
    (lambda folder: None, "No such file or directory"), (symbolic_link, "is not a regular file"), (pipe, "is not a regular file"),
    (lambda folder: os.mkdir(f"{folder}/keys"), "is not a regular file")])
def test_unchecked_what_is_no_file_is_refused_all_the_same(make, mistake, here, folder):
    make(folder)
    outcome = run(here, "keys", "-u", f"{folder}/keys")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (78, "", f"mcastctl keys: {folder}/keys: {mistake}\n")


@pytest.mark.parametrize("keys, mode, status", [([], 0o400, 0), ([NEW], 0o400, 1), ([], 0o644, 1)],
                         ids=["without keys", "with a key", "wrong"])
def test_unchecked_only_a_good_file_without_keys_needs_nobody_who_takes_it(keys, mode, status, here, folder):
    outcome = run(here, "keys", "-u", keys_file(f"{folder}/new", *keys, mode=mode), "--socket", folder)
    assert outcome.returncode == status
    assert ("no mcastd takes keys" in outcome.stderr) == (status == 1)


# --- the file that is there by default ---

def installed(daemon, host, prepare, *arguments):
    """mcastctl, as on a host where this daemon is the service's, after the script has prepared its empty /etc/mcastd."""
    script = ("mount -t tmpfs none /etc && mkdir /etc/mcastd && mount -t tmpfs none /run && mkdir /run/mcastd && "
              f"mount --bind {daemon.folder}/run /run/mcastd && cd /etc/mcastd && {prepare} && exec \"$@\"")
    return host.run("unshare", "--mount", "sh", "-c", script, "sh", built("mcastctl"), *arguments)


def saved(path):
    return f"install -m 0400 {path} keys"


UNUSABLE = {"a symbolic link": "ln -s /dev/null keys", "a folder": "mkdir keys", "a pipe": "mkfifo -m 0400 keys"}


def test_where_the_file_is_missing_an_empty_one_is_handed_over(daemon, here, there):
    outcome = installed(daemon, here, "true", "keys")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (
        0, "/etc/mcastd/keys: not there; keys: 0; handed to mcastd, for its next reload\n", "")
    assert "not reloaded" in reload(daemon)
    assert daemon.lines(r"\[mcserver\] AUTH: enforce needs a key, and /etc/mcastd/keys has none$")
    assert hears(daemon, there, OLD)


def test_a_file_that_is_missing_has_no_keys(daemon, here):
    assert installed(daemon, here, "true", "keys", "--check").stdout == "there is no /etc/mcastd/keys, and so no key\n"


def test_where_the_file_is_missing_nobody_need_be_there(daemon, here):
    os.unlink(f"{daemon.folder}/run/keys.sock")
    outcome = installed(daemon, here, "true", "keys")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "/etc/mcastd/keys: not there; keys: 0\n", "")


def test_a_reload_brings_the_keys(daemon, here, there, folder):
    outcome = installed(daemon, here, saved(keys_file(f"{folder}/new", NEW)), "reload")
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert hears(daemon, there, NEW) and not hears(daemon, there, OLD)


def test_a_reload_without_the_file_is_refused_where_a_key_is_needed(daemon, here, there):
    outcome = installed(daemon, here, "true", "reload")
    assert outcome.returncode == 1
    assert "[mcserver] AUTH: enforce needs a key, and /etc/mcastd/keys has none" in outcome.stderr
    assert hears(daemon, there, OLD)


def test_a_reload_without_the_file_is_fine_where_no_key_is_needed(here, mcastd):
    outcome = installed(mcastd(here, receiver()), here, "true", "reload")
    assert (outcome.returncode, outcome.stderr) == (0, "")


def test_a_reload_with_a_broken_file_is_refused_where_a_key_is_needed(daemon, here, there):
    outcome = installed(daemon, here, "umask 0377 && echo seven >keys", "reload")
    assert outcome.returncode == 1
    assert "/etc/mcastd/keys:1: does not begin with the id of a key" in outcome.stderr
    assert hears(daemon, there, OLD)


@pytest.mark.parametrize("prepare", ["echo seven >keys", *UNUSABLE.values()], ids=["a broken file", *UNUSABLE])
@pytest.mark.parametrize("command", [["reload"], ["keys", "--unchecked"]], ids=lambda words: words[0])
def test_what_the_file_is_does_not_matter_where_no_key_is_needed(command, prepare, here, mcastd):
    daemon = mcastd(here, receiver())
    assert installed(daemon, here, prepare, *command).returncode == 0
    assert reload(daemon).startswith("reloaded")


@pytest.mark.parametrize("prepare", UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_no_file_leaves_no_old_keys_in_force(prepare, daemon, here, there):
    outcome = installed(daemon, here, prepare, "reload")
    assert outcome.returncode == 1
    first, *rest = outcome.stderr.splitlines()
    assert first == "mcastctl reload: /etc/mcastd/keys: is not a regular file; an empty file takes its place"
    assert "enforce needs a key, and /etc/mcastd/keys has none" in "".join(rest)


@pytest.mark.parametrize("keys, status", [([OLD], 1), ([], 0)], ids=["with a key", "without"])
def test_a_reload_that_cannot_bring_the_keys_says_so(keys, status, here, mcastd, folder):
    daemon = mcastd(here, receiver(), **credentials(folder, OLD))
    os.unlink(f"{daemon.folder}/run/keys.sock")
    outcome = installed(daemon, here, saved(keys_file(f"{folder}/new", *keys)), "reload")
    assert (outcome.returncode, outcome.stdout.startswith("reloaded")) == (status, True)
    assert ("no mcastd takes keys at /run/mcastd/keys.sock" in outcome.stderr) == (status == 1)


def test_a_reload_that_cannot_leave_the_keys_does_not_go_on_with_older_ones(daemon, here, there, folder):
    older, newer = keys_file(f"{folder}/older", OLD), keys_file(f"{folder}/newer", NEW)
    leave_all_that_can_wait(daemon, older)
    outcome = installed(daemon, here, saved(newer), "reload")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert "systemctl kill --signal=HUP mcastd" in outcome.stderr
    reload(daemon)
    assert installed(daemon, here, saved(newer), "reload").returncode == 0
    assert hears(daemon, there, NEW) and not hears(daemon, there, OLD)


def test_who_may_not_open_the_file_may_reload_all_the_same(daemon, here, folder):
    # Root without the right to pass over a mode is who may not.
    keys = saved(keys_file(f"{folder}/new", NEW)) + " && chmod 0 keys"
    script = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
    outcome = installed(daemon, here, f"{keys} && set -- {' '.join(script)} \"$@\"", "reload")
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith("reloaded")
