"""The layers: who may include whom, and who may call what."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# From the top; each may include what its row says, and itself.
LAYERS = {
    "main": {"daemon", "startup", "config", "base"},
    "startup": {"config", "os", "base"},
    "daemon": {"startup", "loop", "handlers", "view", "os", "state", "config", "message", "base"},
    "ctl": {"handlers", "os", "state", "config", "message", "base"},
    "loop": {"handlers", "view", "os", "state", "config", "message", "base"},
    "handlers": {"state", "message", "base"},
    "view": {"state", "message", "base"},
    "os": {"message", "base"},
    "state": {"message", "base"},
    "config": {"message", "base"},
    "message": {"base"},
    "base": set(),
}

# What is only allowed in some files.
RESTRICTED = [
    (r"#include <event2/", r"(src|include)/loop/|src/daemon\.c"),
    (r"#include <iniparser", r"src/config/ini\.c"),
    (r"#include <systemd/", r"src/os/"),
    (r"#include <jansson", r"(src|include)/(ctl|view)/|src/loop/(control|http)"),
    (r"#include <libmnl/", r"(src|include)/os/"),
    (r"\bsetsockopt\(", r"src/os/socket\.c"),
    (r"\b(clock_gettime|gettimeofday|timespec_get|time|clock)\(", r"src/base/clock\.c"),
    (r"\b(nanosleep|usleep|sleep|clock_nanosleep)\(", None),
]

# The only writable globals: where to log, and the counter behind iniparser's callback.
GLOBALS = {"log.c.o": {"state"}, "ini.c.o": {"library_complaints"}}


def sources():
    return sorted(p for folder in ("src", "include") for p in (ROOT / folder).rglob("*.[ch]"))


def name_of(path):
    return str(path.relative_to(ROOT))


def layer_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if len(parts) > 2 else path.stem


def code_of(path):
    """The text without comments and string literals, line by line as before."""
    text = path.read_text()
    pattern = r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"(?!\s*$)"
    includes_kept = re.sub(r'^(#include )"', r"\1<<", text, flags=re.M)
    return re.sub(pattern, lambda m: "\n" * m.group().count("\n"), includes_kept, flags=re.S)


def included_layers(path):
    for name in re.findall(r'^#include "([^"]+)"', path.read_text(), flags=re.M):
        yield name, name.split("/")[0] if "/" in name else pathlib.Path(name).stem


def test_no_include_runs_upward():
    wrong = [
        f"{name_of(path)}: {name}"
        for path in sources()
        for name, layer in included_layers(path)
        if layer not in LAYERS[layer_of(path)] | {layer_of(path), "version"}
    ]
    assert not wrong


@pytest.mark.parametrize("pattern, allowed", RESTRICTED)
def test_restricted_calls_stand_where_they_belong(pattern, allowed):
    elsewhere = [p for p in sources() if not (allowed and re.match(allowed, name_of(p)))]
    assert not [name_of(p) for p in elsewhere if re.search(pattern, code_of(p))]


def test_every_source_has_its_header():
    for path in (p for p in sources() if p.suffix == ".c" and p.stem != "main"):
        header = path.relative_to(ROOT / "src").with_suffix(".h")
        assert (ROOT / "include" / header).exists()
        assert f'#include "{header}"' in path.read_text(), name_of(path)


def test_there_are_no_writable_globals_but_two(build):
    listing = subprocess.run(["objdump", "-t", build / "libcore.a"], text=True, check=True, capture_output=True)
    member, found = "", {}
    for line in listing.stdout.splitlines():
        if ":     file format " in line:
            member = line.split(":")[0]
        # Constant tables of pointers stand in .data.rel.ro, which nobody can write to.
        symbol = re.search(r" O (\.data|\.bss|\*COM\*)\S*\s+\S+\s+(\S+)$", line)
        if symbol and not symbol.group().startswith(" O .data.rel.ro"):
            found.setdefault(member, set()).add(symbol.group(2).split(".")[0])
    assert found == GLOBALS
