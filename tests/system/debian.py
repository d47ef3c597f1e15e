"""The root folder of a small Debian 12 that boots, with what a package depends on but without the package.

Made at most once a week and kept in ${XDG_CACHE_HOME:-~/.cache}/mcastd/system.
"""
import contextlib
import datetime
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess

RELEASE = "bookworm"
PACKAGES = "systemd,systemd-sysv,init-system-helpers,dbus,iproute2,procps"


@contextlib.contextmanager
def root_for(deb):
    """A root that the package can be installed into. Others may be using it: nobody may write to it."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mcastd" / "system"
    cache.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as in_use:
        with _locked(cache, fcntl.LOCK_EX):
            root = _made_root(cache, _dependencies(deb))
            in_use.enter_context(_locked(root, fcntl.LOCK_SH))
        yield root


def _made_root(cache, dependencies):
    """Made under another name and renamed when it is complete: what has the name can be used."""
    mirror = _mirror()
    year, week, _ = datetime.date.today().isocalendar()
    recipe = pathlib.Path(__file__).read_text()
    digest = hashlib.sha256("\n".join([recipe, mirror, dependencies]).encode()).hexdigest()
    root = cache / f"{RELEASE}-{year}-{week:02}-{digest[:12]}"
    _sweep(cache, keep=root)
    if not root.exists():
        unfinished = cache / f"{root.name}.unfinished"
        try:
            _bootstrap(unfinished, mirror, dependencies)
            unfinished.rename(root)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return root


def _bootstrap(root, mirror, dependencies):
    _contained("debootstrap", "--variant=minbase", f"--include={PACKAGES}", RELEASE, root, mirror)
    if dependencies:
        _contained("chroot", root, "apt-get", "satisfy", "--yes", "--no-install-recommends", dependencies)
    _contained("chroot", root, "apt-get", "clean")
    # debootstrap copies these two from this machine.
    for name in ("hostname", "resolv.conf"):
        (root / "etc" / name).unlink(missing_ok=True)


def _contained(*command):
    """In a mount and process namespace that go with the suite: no mount and no process stays."""
    command = ["setpriv", "--pdeathsig=KILL",
               "unshare", "--mount", "--pid", "--fork", "--kill-child", *command]
    environment = {**os.environ, **_proxies(), "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{result.stdout[-4000:]}")


def _dependencies(deb):
    fields = _output("dpkg-deb", "--show", "--showformat", "${Pre-Depends}\n${Depends}", deb)
    return ", ".join(filter(None, fields.split("\n")))


def _mirror():
    """Where this machine's own apt gets the release from."""
    uris = _output("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
                   "Origin: Debian", f"Codename: {RELEASE}", "Component: main").split()
    if not uris:
        raise RuntimeError(f"apt knows no mirror of Debian {RELEASE}; perhaps apt-get update helps")
    return uris[0]


def _proxies():
    """What apt is told to use, for debootstrap and for the apt inside the root."""
    proxies = {scheme: _output("apt-config", "shell", "proxy", f"Acquire::{scheme}::Proxy")
               for scheme in ("http", "https")}
    values = {scheme: line.removeprefix("proxy=").strip("'") for scheme, line in proxies.items()}
    return {f"{scheme}_proxy": value for scheme, value in values.items() if value not in ("", "DIRECT")}


def _output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _sweep(cache, keep):
    """Removes other roots that nobody uses, and what a run that was killed left unfinished."""
    for folder in cache.glob(f"{RELEASE}-*"):
        if folder != keep:
            with contextlib.suppress(BlockingIOError), _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(folder)


@contextlib.contextmanager
def _locked(folder, how):
    """The lock goes with the process that holds it, however that ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
