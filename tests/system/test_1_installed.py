"""What dpkg -i alone brings about, on a system that runs."""
import re

KIB, MIB = 1024, 1024 * 1024


def test_the_service_is_enabled(service):
    assert service.show("UnitFileState") == "enabled"


def test_the_service_has_started_by_itself(service):
    assert (service.state, service.show("SubState")) == ("active", "running")


def test_the_daemon_itself_has_said_that_it_is_ready(service):
    assert service.show("Type") == "notify"
    assert service.show("StatusText") != ""


def test_the_first_start_has_succeeded(service):
    assert service.restarts == 0


def test_it_runs_as_its_own_user_and_group(service):
    user, group = (service.container.output("id", kind, "mcastd") for kind in ("--user", "--group"))
    assert set(service.process_status("Uid").split()) == {user}
    assert set(service.process_status("Gid").split()) == {group}


def test_it_has_no_capability_and_can_get_none(service):
    names = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
    assert {name: int(service.process_status(name), 16) for name in names} == dict.fromkeys(names, 0)
    assert service.process_status("NoNewPrivs") == "1"


def test_its_system_calls_are_filtered(service):
    assert service.process_status("Seccomp") == "2"


def test_systemd_finds_little_exposure(service, figures):
    report = service.container.output("systemd-analyze", "security", "--no-pager", "mcastd.service")
    exposure = float(re.search(r"Overall exposure level for mcastd\.service: ([0-9.]+)", report)[1])
    figures("exposure found by systemd-analyze security", exposure)
    assert exposure <= 1.2


def test_what_it_sends_it_hears_in_the_same_words(service):
    service.journal.wait_for("^received .*: ATU ")
    lines = service.journal.lines()
    sent = [re.fullmatch(r'sent "(ATU .*)" to 239\.1\.1\.1:5001', line) for line in lines]
    received = [re.fullmatch(r"received \d+ bytes from 127\.0\.0\.1:\d+: (ATU .*)", line) for line in lines]
    heard = [match[1] for match in received if match]
    assert heard == [match[1] for match in sent if match][:len(heard)]


def test_a_received_record_has_its_parts_as_fields(service):
    record = service.journal.wait_for("^received .*: ATU ")
    size, peer, payload = re.fullmatch(r"received (\d+) bytes from (\S+): (.*)", record["MESSAGE"]).groups()
    assert int(size) == len(payload)
    fields = {name: record.get(name) for name in (
        "MCASTD_SECTION", "MCASTD_GROUP", "MCASTD_PORT", "MCASTD_PEER", "MCASTD_BYTES", "MCASTD_PAYLOAD",
        "PRIORITY", "SYSLOG_IDENTIFIER")}
    assert fields == {
        "MCASTD_SECTION": "mcserver", "MCASTD_GROUP": "239.1.1.1", "MCASTD_PORT": "5001", "MCASTD_PEER": peer,
        "MCASTD_BYTES": size, "MCASTD_PAYLOAD": payload, "PRIORITY": "6", "SYSLOG_IDENTIFIER": "mcastd"}


def test_each_kind_of_record_has_an_id_of_its_own(service):
    received = service.journal.wait_for("^received .*: ATU ")["MESSAGE_ID"]
    sent = service.journal.wait_for('^sent "ATU ')["MESSAGE_ID"]
    assert all(re.fullmatch("[0-9a-f]{32}", message_id) for message_id in (received, sent))
    assert received != sent


def test_bash_finds_the_completion_of_mcastctl(service):
    script = "/usr/share/bash-completion/completions/mcastctl"
    assert service.container.output("bash", "-c", f"source {script} && complete -p mcastctl").endswith(" mcastctl")


def test_zsh_finds_the_completion_of_mcastctl(service):
    script = service.container.path("/usr/share/zsh/vendor-completions/_mcastctl").read_text()
    assert script.startswith("#compdef mcastctl\n")


def test_the_examples_for_a_monitoring_system_are_there(service):
    examples = {path.name for path in service.container.path("/usr/share/doc/mcastd/examples").iterdir()}
    assert {"prometheus.yml", "alerts.yml", "grafana.json"} <= examples


def test_it_is_small_in_memory(service, figures):
    resident = int(service.process_status("VmRSS").removesuffix(" kB")) * KIB
    figures("resident memory, one group", f"{resident / MIB:.2f} MiB")
    assert resident <= 4 * MIB


def test_it_is_small_on_the_disk(service, figures):
    query = ("dpkg-query", "--show", "--showformat", "${Installed-Size}", "mcastd")
    installed = int(service.container.output(*query))
    figures("installed size of the package", f"{installed} KiB")
    assert installed <= 1024
