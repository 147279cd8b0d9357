"""Sending is cut or killed anywhere: no letter is lost, none leaves twice, none is called sent."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fault_runs import KILLED, Runs, runs, sample
from huizong import approving, delivery_smtp
from huizong.sending_entries import SENDING, SENT, UNKNOWN, WAITING
from mail_server import LOST, MailServer, taking
from mail_servers import Line
from posting_office import TO, at, run, states, street_with_drafts
from street import PERIOD

# So many places at which the line is cut, by bytes; so many changes of the disk.
CUTS, CHANGES = 14, 8


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    """One server, whose certificate this machine trusts."""
    with taking() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(running.authority))
        yield running


@pytest.fixture(autouse=True)
def quick(server, monkeypatch) -> None:
    """Nobody waits between two tries; the server begins anew."""
    monkeypatch.setattr(delivery_smtp, "PAUSES", (0.0, 0.0))
    server.forget()


@pytest.fixture(scope="module")
def killable(server, tmp_path_factory) -> Iterator[Runs]:
    """Give a process that trusts the server, and can be killed at any change or from outside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(server.authority))
        with runs(tmp_path_factory.mktemp("runs")) as started:
            yield started


@pytest.fixture(scope="module")
def drafted(tmp_path_factory) -> Path:
    """A street with drafts."""
    return street_with_drafts(tmp_path_factory.mktemp("drafted"))


@pytest.fixture(scope="module")
def approved(drafted, tmp_path_factory) -> Path:
    """A street whose letters wait to be sent."""
    office = Path(shutil.copytree(drafted, tmp_path_factory.mktemp("approved") / "清河街道"))
    with at(office) as work:
        approving.approve(work, approving.proposed(work, PERIOD), "王芳")
    return office


@pytest.fixture(scope="module")
def traffic(server, approved, tmp_path_factory) -> Line:
    """How much passes when all letters are sent without a cut."""
    line = Line(server.port)
    with line.open() as port:
        run(Path(shutil.copytree(approved, tmp_path_factory.mktemp("clean") / "x")), port)
    assert len(server.accepted) == len(TO)
    return line


def truthful(server: MailServer, office: Path) -> dict[str, str]:
    """Give the states; each says no more than the server knows, and nobody has two copies."""
    # What was being handed over when a run was killed is found unknown by the next.
    found = {to: UNKNOWN if one == SENDING else one for to, one in states(office).items()}
    copies = {to: len(server.copies(to)) for to in TO}
    assert set(found) == set(TO)
    assert max(copies.values()) <= 1, copies
    for to, state in found.items():
        assert state in (SENT, WAITING, UNKNOWN), found
        assert copies[to] == 1 if state == SENT else True, (to, state)
        assert copies[to] == 0 if state == WAITING else True, (to, state)
    return found


def finished(server: MailServer, office: Path) -> dict[str, str]:
    """Go on over a good line: what waited is sent, what nobody knows stays so."""
    before = truthful(server, office) if states(office) else {}
    run(office, server.port)
    after = truthful(server, office)
    assert WAITING not in after.values()
    assert all(after[to] == state for to, state in before.items() if state != WAITING)
    return after


def cut(server: MailServer, approved: Path, folder: Path, line: Line) -> dict[str, str]:
    """Send over a line that is cut, then over a good one; give the states in the end."""
    server.forget()
    office = Path(shutil.copytree(approved, folder))
    with line.open() as port:
        run(office, port)
    after = finished(server, office)
    shutil.rmtree(office)
    return after


@pytest.mark.slow
def test_a_line_cut_after_any_command(server, approved, traffic, tmp_path):
    """
    Faults 66, 67: the line is cut after every command, once or for good; what was not handed over
    leaves with the next run, and at most one letter is unknown.
    """
    unknown = 0
    for count in range(traffic.sendings):
        cuts = [count, 0, 0] if count % 2 else [count]
        line = Line(server.port, after_sendings=cuts)
        after = cut(server, approved, tmp_path / str(count), line)
        unknown += list(after.values()).count(UNKNOWN)
        assert list(after.values()).count(UNKNOWN) <= 1
    # Only where a letter's end was on its way nobody can know; or just before, unseen.
    assert unknown <= 2 * len(TO)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["after_given", "after_bytes"])
def test_a_line_cut_at_any_byte(server, approved, traffic, tmp_path, way):
    """Faults 66, 67: the same for a line cut in the midst of a letter, or of a server's words."""
    whole = traffic.given if way == "after_given" else traffic.passed
    for number in range(CUTS):
        line = Line(server.port, **{way: [1 + whole * number // CUTS, 1, 1]})
        after = cut(server, approved, tmp_path / str(number), line)
        assert list(after.values()).count(UNKNOWN) <= 1


@pytest.mark.slow
def test_killed_after_any_command(server, killable, approved, traffic, tmp_path):
    """
    Fault 67: `kill -9` after every command, and between the bytes of a letter: nobody gets a second
    copy, and what the book calls sent was taken.
    """
    step = max(1, traffic.given // CUTS)
    lines = [Line(server.port, after_sendings=[count]) for count in range(4, traffic.sendings, 2)]
    lines += [
        Line(server.port, after_given=[1 + at]) for at in range(step, traffic.given, 3 * step)
    ]
    for number, line in enumerate(lines):
        killed(server, killable, Path(shutil.copytree(approved, tmp_path / str(number))), line)


def killed(server: MailServer, killable: Runs, office: Path, line: Line) -> None:
    """Kill a run in the moment in which its line is cut, then go on."""
    server.forget()
    line.on_cut = killable.kill
    with line.open() as port:
        ended = killable.run(office, steps=("send",), port=port)
    assert ended.code == -KILLED, ended.said
    finished(server, office)
    shutil.rmtree(office)


@pytest.mark.slow
@pytest.mark.parametrize("lost", [False, True])
def test_killed_while_the_server_thinks(server, killable, approved, tmp_path, lost):
    """
    Fault 67: killed when the server has the whole letter and has not said so, the letter is unknown
    from the next start on, and stays so; all others leave.
    """
    office = Path(shutil.copytree(approved, tmp_path / "x"))
    server.answers[f". {TO[1]}"] = [LOST if lost else killable.kill]
    ended = killable.run(office, steps=("send",), port=server.port)
    after = finished(server, office)

    assert ended.code == (0 if lost else -KILLED)
    assert after == {to: UNKNOWN if to == TO[1] else SENT for to in TO}
    assert [len(server.copies(to)) for to in TO] == [1, 1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["kill", "full"])
def test_no_letter_is_lost_or_doubled_after_a_crash(server, killable, drafted, tmp_path, fault):
    """
    Faults 62, 63, 67: approving and sending is killed, or its disk is full, at its n-th change;
    each letter is a draft, waits, was sent or is unknown, and nobody has two.
    """
    office = Path(shutil.copytree(drafted, tmp_path / "whole"))
    points = killable.run(office, steps=("send",), port=server.port).points
    assert truthful(server, office) == dict.fromkeys(TO, SENT)
    for number in sample(points, CHANGES):
        server.forget()
        office = Path(shutil.copytree(drafted, tmp_path / str(number)))
        ended = killable.run(office, fault, number, steps=("send",), port=server.port)
        assert ended.code == -KILLED if fault == "kill" else "Traceback" not in ended.said
        again = killable.run(office, steps=("send",), port=server.port)
        assert again.code == 0, again.said
        found = truthful(server, office)
        assert WAITING not in found.values(), points[number - 1]
        assert list(found.values()).count(UNKNOWN) <= 1
        assert list((office / "草稿").rglob("*.eml")) == []
        assert [path.name for path in office.rglob(".*.part*")] == []
        shutil.rmtree(office)
