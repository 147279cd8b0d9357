"""One form set chosen: the same from a button and from a command, in capitals or not."""

from pathlib import Path

import pytest

from huizong import acts, pipeline
from huizong.button_acts import ACTS
from huizong.cli import main
from huizong.doing import FAILED
from huizong.errors import HuizongError
from huizong.office import init_office
from huizong.open_book import Asked
from huizong.work import at_work
from street import NOW, PEACE, PERIOD, STREET, UNITS, send


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Path:
    """A street with addresses and two form sets; one return of TJ has to be mended."""
    folder = tmp_path_factory.mktemp("office")
    lines = [f"{code},{name},{STREET},{code}@example.cn" for code, name in UNITS.items()]
    roster = folder / "名册.csv"
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,邮箱", *lines]), encoding="utf-8")
    init_office(folder / "清河街道", roster=roster, unit=STREET, now=NOW, sets=("TJ", "JC"))
    with at_work(folder / "清河街道", NOW, "issue") as work:
        acts.issue(work, PERIOD)
        send(folder / "清河街道", PEACE, TJ16=None)
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)
    return folder / "清河街道"


def pressed(office: Path, action: str, set_code: str) -> list[str]:
    """Do what a button does with a form set chosen; give the names of all files it has written."""
    before = {path for path in office.rglob("*") if path.is_file()}
    with at_work(office, NOW, action) as work:
        ACTS[action](work, Asked(PERIOD, set_code))
    after = {path for path in office.rglob("*") if path.is_file()} - before
    return sorted(path.name for path in after if path.suffix in (".xlsx", ".eml"))


def test_button_sends_back_one_form_set(office):
    """
    退回修改 writes copies and letters of the chosen form set alone.
    """
    assert pressed(office, "return", "JC") == []
    written = pressed(office, "return", "TJ")
    assert {name.split(".")[-1] for name in written} == {"xlsx", "eml"}
    assert any(name.endswith("_TJ_退改1.xlsx") for name in written)


def test_button_reminds_of_one_form_set(office):
    """
    催报 writes papers and reminders of the chosen form set alone.
    """
    written = pressed(office, "papers", "JC")
    assert {name for name in written if "TJ" in name} == set()
    assert sum(name.endswith(".eml") for name in written) == len(UNITS)
    # PEACE has sent its TJ.
    assert sum(name.endswith(".eml") for name in pressed(office, "papers", "TJ")) < len(UNITS)


@pytest.mark.parametrize(
    "command",
    [
        ("issue", "--set", "tj"), ("return", "--set", "jc"), ("remind", "--set", "tj"),
        ("papers", "--set", "Tj"), ("sign", "--set", "tj"), ("mail", "hand-out", "--set", "tj"),
        ("mail", "drafts", "--set", "jc"),
    ],
)  # fmt: skip
def test_command_takes_a_code_in_any_letters(office, command):
    """
    --set is read alike by every command that has it.
    """
    words = [word for word in command if word not in command[-2:]]
    with pytest.raises(SystemExit) as stop:
        main([*words, str(office), str(PERIOD), *command[-2:], "--now", NOW.isoformat()])
    assert stop.value.code != FAILED


def test_form_set_that_is_not_used_is_refused(office):
    """
    A form set that the office does not use is not narrowed to.
    """
    with at_work(office, NOW, "return") as work, pytest.raises(HuizongError) as caught:
        acts.send_back(work, PERIOD, set_code="SY")
    assert caught.value.code == "error.no_set"


def test_issuing_says_that_letters_come_next(office):
    """
    The command says which command writes the letters; the button, which writes them, does not.
    """
    with at_work(office, NOW, "issue") as work:
        told = acts.issue(work, PERIOD)
        by_button = ACTS["issue"](work, Asked(PERIOD))
    assert "hand-out" in told.lines[-1]
    assert "hand-out" not in "\n".join(by_button.lines)
