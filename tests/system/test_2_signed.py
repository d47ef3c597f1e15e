"""Signed datagrams in the packaged service: where its keys come from, and where their secrets are not."""
import contextlib
import json
import re

import pytest

import memory
from container import eventually
from sections import SIGNED, SIGNING
from service import KEYS

IDS = {"first": 7, "second": 8, "third": 9}
RECEIVER, EMITTER = "mcserver.signed", "mcclient.signed"
SOME = 10
RELOADS = [("systemctl", "reload", "mcastd"), ("mcastctl", "reload")]
MESSAGE_BEATS = f"^received .* from 127.0.0.1:.*, signed by key {IDS['first']}: ATU "


def add_key(service, id):
    """As the manual says. Its secret."""
    service.container.run("sh", "-c", f"mcastctl keygen {id} >>{KEYS}")
    return bytes.fromhex(re.search(rf"^{id} ([0-9a-f]+)$", service.keys.read_text(), re.M)[1])


def save_anew(service):
    """As editors do: another file takes the place of the old one, which the daemon may still have open."""
    copy = service.keys.with_name("keys.new")
    copy.write_text(service.keys.read_text())
    copy.chmod(0o400)
    copy.rename(service.keys)


def ping(service, id):
    """Whether the node answers what is signed by this key, and signs the answer."""
    return service.container.run("mcastctl", "ping", "%s:%d" % SIGNED, "--interface", "lo",
                                 "--key", f"{KEYS}:{id}", check=False).returncode == 0


def dropped(counters):
    """What a receiver has dropped, but for what it cannot have known better: see dropped_early in mcastd(8)."""
    return {name: n for name, n in counters.items() if name.startswith("dropped") and name != "dropped_early" and n > 0}


def wait_for_messages(service):
    """Until so many more were signed, taken, acknowledged, and the acks taken."""
    before = {section: service.counters(section) for section in (RECEIVER, EMITTER)}

    def enough():
        now = {section: service.counters(section) for section in before}
        return all(now[section]["auth_ok"] >= before[section]["auth_ok"] + SOME for section in now) and (
            now[EMITTER]["acks_received"] >= before[EMITTER]["acks_received"] + SOME)
    eventually(enough, "signed messages and their signed acks")


@contextlib.contextmanager
def mode(service, mode):
    before = service.keys.stat().st_mode & 0o7777
    service.keys.chmod(mode)
    try:
        yield
    finally:
        service.keys.chmod(before)


@pytest.fixture(scope="module")
def secret(service):
    """The service signs: it was reloaded with the first key, which it did not have when it started."""
    before, keys, pid = service.configuration.read_text(), service.keys.read_text(), service.pid
    secret = add_key(service, IDS["first"])
    service.configuration.write_text(before + SIGNING)
    service.reload()
    assert service.pid == pid
    yield secret
    service.configuration.write_text(before)
    service.keys.write_text(keys)
    service.reload()


def test_the_package_brings_a_file_for_keys_that_is_roots_alone(service):
    status = service.keys.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, 0, 0o400)
    assert service.container.output("mcastctl", "keys", "--check") == f"{KEYS}: good; keys: 0"


def test_the_daemon_may_not_open_the_file_itself(service):
    user = service.process_status("Uid").split()[0]
    assert service.container.run("setpriv", "--reuid", user, "--clear-groups", "cat", KEYS, check=False).returncode != 0


def test_signed_messages_are_taken_and_acknowledged_by_signed_acks(service, secret):
    wait_for_messages(service)
    assert dropped(service.counters(RECEIVER)) == dropped(service.counters(EMITTER)) == {}


def test_the_journal_tells_the_key(service, secret):
    record = service.journal.wait_for(MESSAGE_BEATS)
    assert record["MCASTD_KEY"] == str(IDS["first"])


def test_who_is_not_trusted_gets_no_answer(service, secret):
    plain = ("mcastctl", "ping", "%s:%d" % SIGNED, "--interface", "lo")
    assert service.container.run(*plain, check=False).returncode == 1
    assert ping(service, IDS["first"])


def test_a_start_takes_the_keys_from_the_service_manager(service, secret):
    assert service.systemctl("restart")
    environment = service.container.path(f"/proc/{service.pid}/environ").read_text().split("\0")
    assert "CREDENTIALS_DIRECTORY=/run/credentials/mcastd.service" in environment
    wait_for_messages(service)


def test_a_reload_takes_a_new_key_and_loses_nothing(service, secret):
    pid, before = service.pid, service.counters(RECEIVER)
    save_anew(service)
    add_key(service, IDS["second"])
    assert not ping(service, IDS["second"])
    assert service.systemctl("reload")
    eventually(lambda: ping(service, IDS["second"]), "the new key to be known")
    wait_for_messages(service)
    after, peers = service.counters(RECEIVER), json.loads(service.container.output("mcastctl", "peers", RECEIVER, "--json"))
    assert service.pid == pid
    # The ping before the reload was the only one with a key that was not known.
    assert {name: n - before.get(name, 0) for name, n in dropped(after).items() if n > before.get(name, 0)} == {
        "dropped_unknown_key": 1}
    assert [peer["lost"] for peer in peers["peers"] if peer["lost"] is not None] == [0]


def test_the_journal_tells_that_keys_were_handed_over_and_which_ones_count(service, secret):
    mark = service.journal.mark()
    assert service.systemctl("reload")
    assert service.journal.wait_for(f"^{KEYS}: not checked; handed to mcastd, for its next reload$", mark)
    assert service.journal.wait_for(f"^keys: 7, 8 of {KEYS}$", mark)


def test_mcastctl_reload_takes_a_new_key(service, secret):
    save_anew(service)
    add_key(service, IDS["third"])
    assert "reloaded" in service.container.output("mcastctl", "reload")
    assert ping(service, IDS["third"])


def test_who_may_not_read_the_keys_may_reload_all_the_same(service, secret):
    outcome = service.container.run("setpriv", "--reuid", "nobody", "--regid", "mcastd", "--clear-groups", "mcastctl", "reload")
    assert outcome.stdout.startswith("reloaded ")
    wait_for_messages(service)


@pytest.mark.parametrize("reload", RELOADS, ids=lambda words: words[0])
def test_a_file_that_others_may_read_fails_the_reload_and_the_daemon_goes_on(reload, service, secret):
    pid = service.pid
    with mode(service, 0o644):
        mark = service.journal.mark()
        outcome = service.container.run(*reload, check=False)
        assert outcome.returncode != 0
        told = f"{KEYS}: has mode 0644; only its owner may use it: chmod 0400"
        if reload[0] == "mcastctl":
            assert told in outcome.stdout
        else:
            service.journal.wait_for(f"^{told}$", mark)
        wait_for_messages(service)
    assert (service.pid, service.state) == (pid, "active")
    assert service.reload().startswith("reloaded")


def test_a_wrong_line_fails_the_reload_and_says_nothing_of_the_secret(service, secret):
    keys, mark = service.keys.read_text(), service.journal.mark()
    service.keys.write_text(f"{keys}10 {secret.hex()[:-1]}\n")
    try:
        assert not service.systemctl("reload")
        complaint = service.journal.wait_for(f"^{KEYS}:{keys.count(chr(10)) + 1}: ", mark)
    finally:
        service.keys.write_text(keys)
    assert secret.hex()[:8] not in complaint["MESSAGE"]
    wait_for_messages(service)


@contextlib.contextmanager
def nothing_signed(service):
    """No section needs a key."""
    configuration = service.configuration.read_text()
    service.configuration.write_text(configuration.replace(SIGNING, ""))
    try:
        yield
    finally:
        service.configuration.write_text(configuration)


@contextlib.contextmanager
def no_file(service):
    kept = service.keys.with_name("keys.kept")
    service.keys.rename(kept)
    try:
        yield
    finally:
        kept.rename(service.keys)


@pytest.mark.parametrize("reload", RELOADS, ids=lambda words: words[0])
def test_a_broken_file_does_not_matter_where_no_section_needs_keys(reload, service, secret):
    with mode(service, 0o644), nothing_signed(service):
        outcome = service.container.run(*reload)
    assert "0644" not in outcome.stdout
    assert service.reload().startswith("reloaded")
    wait_for_messages(service)


@pytest.mark.parametrize("reload", RELOADS, ids=lambda words: words[0])
def test_a_file_that_is_gone_fails_the_reload_where_a_section_needs_keys(reload, service, secret):
    mark, pid = service.journal.mark(), service.pid
    with no_file(service):
        outcome = service.container.run(*reload, check=False)
    assert outcome.returncode != 0
    assert service.journal.wait_for(rf"{KEYS}: cannot be read: No such file|{KEYS} has no key 7", mark)
    wait_for_messages(service)
    assert (service.pid, service.state) == (pid, "active")
    assert service.reload().startswith("reloaded")


def test_who_has_sudo_adds_a_key_and_the_file_stays_roots_alone(service, secret):
    keys, pipe = service.keys.read_text(), f"mcastctl keygen 11 | tee -a {KEYS} >/dev/null"
    service.container.run("sh", "-c", f"umask 022; {pipe}")
    try:
        assert service.keys.stat().st_mode & 0o7777 == 0o400
        assert "11)" in service.container.output("mcastctl", "keys", "--check")
    finally:
        service.keys.write_text(keys)


def test_without_a_file_the_service_starts_and_reloads(service, secret):
    with no_file(service), nothing_signed(service):
        assert service.systemctl("restart")
        assert service.reload().startswith("reloaded")
    assert service.reload().startswith("reloaded")
    wait_for_messages(service)


def test_who_signs_without_a_file_is_told_so(service, secret):
    mark = service.journal.mark()
    try:
        with no_file(service):
            service.systemctl("restart")
            assert service.journal.wait_for(rf"\[{re.escape(EMITTER)}\] KEY: .*\b7\b", mark)
            eventually(lambda: service.state == "failed", "it to give up")
            assert service.show("ExecMainStatus") == "78"
    finally:
        assert service.systemctl("restart")


def test_the_secret_is_nowhere_to_be_read(service, secret):
    asked = [("journalctl", "--no-pager", "--output=export"), ("mcastctl", "status", "--json"), ("mcastctl", "peers", "--json"),
             ("systemctl", "show", "mcastd"), ("systemctl", "status", "--no-pager", "--full", "mcastd")]
    told = {" ".join(command): service.container.run(*command).stdout for command in asked}
    for name in "environ", "cmdline", "stat", "status", "maps":
        told[name] = service.container.path(f"/proc/{service.pid}/{name}").read_text()
    assert len(told[" ".join(asked[0])]) > 10000 and told["environ"]
    for trace in memory.traces_of_a_secret(secret).values():
        for shown in trace.hex(), trace.hex().upper(), trace.decode(errors="replace") if trace.isalnum() else trace.hex():
            assert [source for source, text in told.items() if shown in text] == []


def test_the_memory_has_no_secret_any_more_but_for_the_key_in_use(service, secret, figures):
    wait_for_messages(service)
    process = memory.Memory(service.container.path(f"/proc/{service.pid}"))
    figures("memory of the daemon that was searched for the secret", f"{process.size / (1 << 20):.1f} MiB")
    assert [name for name, trace in memory.traces_of_a_secret(secret).items() if process.has(trace)] == []
    assert all(process.has(trace) for trace in memory.key_in_use(secret).values())


def test_a_core_of_the_daemon_would_have_no_key(service, secret):
    wait_for_messages(service)
    process = memory.Memory(service.container.path(f"/proc/{service.pid}"))
    assert process.core_has(SIGNED[0].encode())
    assert [name for name, trace in memory.key_in_use(secret).items() if process.core_has(trace)] == []


def test_the_key_in_use_is_locked_in_memory(service, secret, figures):
    locked = int(service.process_status("VmLck").removesuffix(" kB"))
    figures("locked memory, three keys", f"{locked} KiB")
    assert 0 < locked <= 64
