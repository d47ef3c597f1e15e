"""What there is on the container's disk, in its user database and among its units."""

NOT_OF_ANY_PACKAGE = {
    "/var/lib/dpkg": "dpkg's own database and its backups",
    "/var/log": "the logs of dpkg and of the journal stay by policy",
    "/var/backups": "a nightly timer's copies of dpkg's database",
    "/var/cache/ldconfig": "rebuilt by a trigger of libc's",
    "/var/lib/systemd/timers": "when the timers of other packages last ran",
    "/etc/.pwd.lock": "the lock of whoever changes a user, never removed",
    "/etc/passwd-": "the copy that is kept of the file before the last change",
    "/etc/group-": "likewise",
    "/etc/shadow-": "likewise",
    "/etc/gshadow-": "likewise",
}


def files(container):
    """Every path on the root file system: /proc, /sys, /dev, /run and /tmp are others."""
    excluded = [word for path in NOT_OF_ANY_PACKAGE for word in ("-path", path, "-o")][:-1]
    found = container.output("find", "/", "-xdev", "(", *excluded, ")", "-prune", "-o", "-print")
    return set(found.splitlines())


def users(container):
    return _names(container, "passwd")


def groups(container):
    return _names(container, "group")


def units(container):
    """The services that systemd finds on disk, and those that it still has in memory.

    Mounts are not looked at: systemd makes one for the credentials of each service of its own
    that starts, "run-credentials-NAME.service.mount", and it comes and goes with that service.
    """
    found = container.output("systemctl", "list-unit-files", "--plain", "--no-legend", "--no-pager")
    loaded = container.output("systemctl", "list-units", "--all", "--plain", "--no-legend", "--no-pager")
    names = [line.split()[0] for line in (found + "\n" + loaded).splitlines() if line.strip()]
    return {name for name in names if name.endswith(".service")}


def _names(container, database):
    return {line.split(":")[0] for line in container.output("getent", database).splitlines()}
