"""What the compiler and the linker are told to make attacks harder is really in what they have made.

For a release build with gcc. The control-flow marks (CET on x86-64, BTI and PAC on aarch64) are looked for in our own
objects: the linker gives them to a program only if each of its parts has them, and the start files of Debian 12's C
library, Scrt1.o, crti.o and crtn.o, have not. (To force them with -z ibt would be a lie: _init is no valid target.)
"""

import json
import pathlib
import re
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("mcastd", "mcastctl")
# Each flag, and what is of its kind: the last one of them counts.
FLAGS = {
    "-O2": "-O.*",
    "-D_FORTIFY_SOURCE=3": "-[UD]_FORTIFY_SOURCE.*",
    "-fstack-protector-strong": "-f(no-)?stack-protector.*",
    "-fstack-clash-protection": "-f(no-)?stack-clash-protection",
    "-ftrivial-auto-var-init=zero": "-ftrivial-auto-var-init=.*",
}
MARKS = {"x86-64": ("-fcf-protection=full", "x86 feature: IBT, SHSTK"),
         "aarch64": ("-mbranch-protection=standard", "AArch64 feature: BTI, PAC")}


def readelf(option, path):
    return subprocess.run(["readelf", "--wide", option, path], text=True, check=True, capture_output=True).stdout


@pytest.fixture(params=PROGRAMS)
def program(request, build):
    return build / request.param


@pytest.fixture
def segments(program):
    """Type and flags of each, such as ("LOAD", "RE")."""
    rows = re.findall(r"^  (\w+) +(?:0x\w+ +){5}([RWE ]{3}) 0x", readelf("--program-headers", program), re.M)
    assert len(rows) > 5
    return [(kind, flags.replace(" ", "")) for kind, flags in rows]


@pytest.fixture
def dynamic(program):
    text = readelf("--dynamic", program)
    assert "(NEEDED)" in text
    return text


@pytest.fixture
def imports(program):
    return set(re.findall(r" UND (\w+)@", readelf("--dyn-syms", program)))


@pytest.fixture(scope="module")
def commands(build):
    """How each file of src/ was compiled; those that tests compile once more as well."""
    rows = json.loads((build / "compile_commands.json").read_text())
    found = [(row["file"], shlex.split(row["command"])) for row in rows if row["file"].startswith(f"{ROOT}/src/")]
    assert len(found) > 100
    return found


@pytest.fixture(scope="module")
def marks(build):
    machine = re.search(r"Machine: .*?(x86-64|AArch64)", readelf("--file-header", build / "mcastd"), re.I)
    if not machine:
        pytest.skip("this processor has no such marks")
    return MARKS[machine[1].lower()]


def test_it_is_loaded_to_another_address_each_time(program, dynamic):
    assert re.search(r"Type: +DYN \(Position-Independent Executable file\)", readelf("--file-header", program))
    assert re.search(r"\(FLAGS_1\) .*\bPIE\b", dynamic)


def test_what_the_linker_fills_in_is_only_read_afterwards(segments, dynamic):
    assert ("GNU_RELRO", "R") in segments
    assert re.search(r"\(FLAGS\) .*\bBIND_NOW\b", dynamic)


def test_its_stack_is_not_executed(segments):
    assert [flags for kind, flags in segments if kind == "GNU_STACK"] == ["RW"]


def test_nothing_is_both_written_and_executed(segments):
    assert not [row for row in segments if "W" in row[1] and "E" in row[1]]
    assert ("LOAD", "RE") in segments


def test_its_code_is_not_changed_when_it_is_loaded(dynamic):
    assert "TEXTREL" not in dynamic


def test_it_takes_libraries_from_the_system_only(dynamic):
    assert not re.search(r"\((RPATH|RUNPATH)\)", dynamic)


def test_functions_with_arrays_look_after_their_stack(program, imports):
    assert "__stack_chk_fail" in imports
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], text=True, check=True, capture_output=True)
    functions = re.split(r"^[0-9a-f]+ <", code.stdout, flags=re.M)[1:]
    assert sum("<__stack_chk_fail" in function.partition("\n")[2] for function in functions) > 100


def test_copies_of_known_size_are_checked(imports):
    assert {"__snprintf_chk", "__vsnprintf_chk", "__memcpy_chk"} <= imports
    # Where the compiler could not see a size there are others; there is none for these.
    assert not imports & {"gets", "sprintf", "vsprintf", "strcpy", "strcat", "stpcpy"}


def without(flag, kind, commands):
    """The files of which this flag is not the last of its kind."""
    return [file for file, words in commands if [w for w in words if re.fullmatch(kind, w)][-1:] != [flag]]


@pytest.mark.parametrize("flag, kind", FLAGS.items(), ids=FLAGS)
def test_each_file_is_compiled_with(flag, kind, commands):
    assert not without(flag, kind, commands)


def test_jumps_and_returns_are_guarded_in_each_object(build, commands, marks):
    flag, mark = marks
    assert not without(flag, flag.partition("=")[0] + ".*", commands)
    objects = [path for name in ("core", *PROGRAMS) for path in (build / f"CMakeFiles/{name}.dir").rglob("*.o")]
    assert len(objects) > 100
    assert not [path.name for path in objects if mark not in readelf("--notes", path)]


def test_jumps_and_returns_are_guarded_in_the_program_if_the_c_library_lets_them(program, marks):
    start = subprocess.run(["gcc", "-print-file-name=Scrt1.o"], text=True, check=True, capture_output=True).stdout.strip()
    if marks[1] not in readelf("--notes", start):
        pytest.skip("the start files of this C library have no such marks")
    assert marks[1] in readelf("--notes", program)
