"""Numbers of persons in returns: none in what goes up, in the book's events, in names and lists."""

import dataclasses
import io
import shutil
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import msgspec
import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.defined_name import DefinedName

from fault_runs import Runs, runs
from huizong import pipeline
from huizong.acts import verify
from huizong.answers import Typed
from huizong.blank import write_blank
from huizong.book import open_book
from huizong.caches import with_caches
from huizong.examine import examine
from huizong.forms import FormSet
from huizong.office import open_office
from huizong.outgoing import numbers_of_persons
from huizong.publish import publish
from huizong.ready import ready_to_submit
from huizong.sample import fill
from huizong.work import at_work, checked_sets
from huizong.write import summary_bytes
from leaks import IDENTITY, MOBILE, found_below
from made import made_summary
from patch import reworked
from returned import with_cell
from street import (
    EAST,
    NOW,
    PEACE,
    PERIOD,
    blank_of,
    empty_street,
    put,
    quarter,
    readers,
    send,
    send_all,
)  # fmt: skip

__all__ = ["readers"]

# One for each place, so that what leaks tells from where.
PLACES = (
    "cell", "hidden", "comment", "author", "ledger", "remark", "report", "sheet", "name",
    "file", "header", "property", "spaced",
)  # fmt: skip
MOBILES = {place: f"{MOBILE}{1000 + number * 7}" for number, place in enumerate(PLACES)}


def filled(folder: Path) -> bytes:
    """A return with numbers where people type texts: ledger, remark, report."""
    blank = blank_of(folder, PEACE)
    reading = fill(checked_sets()["TJ"].form_set, blank.identity,
                   plan=blank.filling.ledgers, ledger_rows=6)  # fmt: skip
    spaced = MOBILES["spaced"]
    reading = msgspec.structs.replace(
        reading,
        remarks={"TJ01": f"经手人{IDENTITY}，电话{MOBILES['remark']}"},
        texts={**reading.texts, "problems": f"{reading.texts['problems']}联系{MOBILES['report']}，"
               f"或{spaced[:3]} {spaced[3:7]} {spaced[7:]}。"},
    )  # fmt: skip
    blank = msgspec.structs.replace(blank, filling=reading)
    blank = with_cell(blank, "TJ_L1", 0, "parties", f"王建国{MOBILES['ledger']}，{IDENTITY}")
    out = io.BytesIO()
    (ready,) = with_caches([blank])
    write_blank(ready, out)
    return out.getvalue()


def seed(book: Workbook) -> None:
    """Put numbers where no form asks for anything."""
    sheet = book["统计表"] if "统计表" in book.sheetnames else book.worksheets[1]
    sheet["Z60"] = MOBILES["cell"]
    sheet["Z61"].comment = Comment(f"{IDENTITY}，{MOBILES['comment']}", "王建国")
    sheet.oddFooter.left.text = MOBILES["header"]
    hidden = book.create_sheet("备查")
    hidden["A1"], hidden.sheet_state = MOBILES["hidden"], "hidden"
    book.create_sheet(MOBILES["sheet"])["A1"] = "王建国"
    book.properties.creator = f"王建国{MOBILES['author']}"
    book.defined_names["TEL"] = DefinedName("TEL", attr_text=f'"{MOBILES["name"]}"')
    book.custom_doc_props.append(StringProperty(name="tel", value=MOBILES["property"]))


@pytest.fixture(scope="module")
def sent(tmp_path_factory) -> Path:
    """A street with three returns, one of which holds numbers of persons in every place."""
    folder = empty_street(tmp_path_factory.mktemp("office"))
    send_all(folder)[0].unlink()
    put(folder, f"和平社区{MOBILES['file']}.xlsx", reworked(filled(folder), seed))
    return folder


def texts_in(content: bytes) -> str:
    """All that stands in a workbook, part by part."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(unescape(archive.read(n).decode("utf-8")) for n in archive.namelist())


def leaks(text: str) -> list[str]:
    """Name the places whose number stands in a text, and what else of a person does."""
    found = [place for place, number in MOBILES.items() if number in text or number[3:] in text]
    spaced = MOBILES["spaced"]
    found += ["spaced"] if f"{spaced[3:7]} {spaced[7:]}" in text else []
    return found + [one for one in (IDENTITY, IDENTITY[6:14], "王建国") if one in text]


def test_every_seed_is_seen_where_it_is(sent):
    """
    Fault 74: the search for leaks finds all that was put into the return.
    """
    (path,) = (sent / "收表").glob("和平社区*.xlsx")

    assert set(PLACES) - {"file"} <= set(leaks(texts_in(path.read_bytes())))
    assert leaks(path.name) == ["file"]


def test_search_opens_what_is_wrapped(sent, tmp_path):
    """
    The search of folders finds a number in a file, its name, a workbook, and one in a letter.
    """
    (path,) = (sent / "收表").glob("和平社区*.xlsx")
    letter = EmailMessage()
    letter["Subject"] = "报表"
    letter.set_content("见附件")
    letter.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream")
    (tmp_path / "1.txt").write_text(f"电话{MOBILES['cell']}", encoding="utf-8")
    (tmp_path / f"{IDENTITY}.txt").write_text("", encoding="utf-8")
    (tmp_path / "2.xlsx").write_bytes(path.read_bytes())
    (tmp_path / "3.eml").write_bytes(letter.as_bytes())
    (tmp_path / "4.txt").write_text("电话 139", encoding="utf-8")

    found = found_below(tmp_path, [MOBILE, IDENTITY])
    assert {one.partition(".")[0] for one, _ in found} == {"1", "2", "3", IDENTITY}


def test_scan_sees_every_place(sent):
    """
    Fault 74: the scan of what goes up would find a number in any place of a workbook: cells,
    hidden ones too, comments, headers, names, properties.
    """
    (path,) = (sent / "收表").glob("和平社区*.xlsx")
    spotted = numbers_of_persons(path.read_bytes())

    found = "\n".join(one.text for one in spotted)
    for place in set(PLACES) - {"file", "spaced", "cell"}:
        assert MOBILES[place][:3] + "*" * 8 in found, place
    assert {"docProps/core.xml", "docProps/custom.xml", "xl/workbook.xml"} <= {
        one.sheet for one in spotted
    }
    places = {(one.sheet, one.kind) for one in spotted}
    assert ("备查", "mobile") in places
    assert any("comment" in sheet for sheet, kind in places if kind == "identity")
    assert len(spotted) >= len(PLACES)


def test_no_number_of_a_person_goes_up(sent, readers, tmp_path):
    """
    Faults 74, 75: of numbers in thirteen places of a return none is in the summary, in 状态.xlsx,
    in the events of the book, or in a name of a file that we make.
    """
    office = Path(shutil.copytree(sent, tmp_path / "清河街道"))
    published = quarter(office, readers)
    states = [one.state for one in published.summary.units]

    assert states == ["passed"] * 3
    assert leaks(texts_in(published.path.read_bytes())) == []
    assert leaks(texts_in((office / "状态.xlsx").read_bytes())) == []
    with open_book(open_office(office).book) as book:
        assert leaks(str(book.events())) == []
    names = [path.name for path in office.rglob("*") if "收表" not in path.parts]
    assert leaks("\n".join(names)) == []
    assert numbers_of_persons(published.path.read_bytes()) == ()
    assert published.personal == 0


@pytest.fixture
def run(tmp_path) -> Iterator[Runs]:
    """A process whose temporary files are watched."""
    folder = tmp_path / "runs"
    folder.mkdir()
    with runs(folder) as run:
        yield run


def test_nothing_sent_lies_in_temporary_files(run, sent, tmp_path):
    """
    Fault 75: collecting, auditing, adding up and sending back put no file into the folder of
    temporary files, so that a killed run leaves none there either.
    """
    office = Path(shutil.copytree(sent, tmp_path / "清河街道"))
    put(office, "断.xlsx", b"PK\x03\x04 cut off")
    send(office, EAST, TJ16=None)

    steps = ("collect", "audit", "send_back", "aggregate")
    ended = run.run(office, below=run.temporary, steps=steps)

    assert (ended.code, ended.points) == (0, ())
    assert list(run.temporary.iterdir()) == []
    assert len(list((office / "退改").rglob("*.xlsx"))) == 1
    assert leaks(ended.said) == []


def with_a_number(form_set: FormSet) -> FormSet:
    """A definition in whose name a telephone number stands."""
    return msgspec.structs.replace(form_set, zh=f"{form_set.zh}，联系{MOBILES['name']}")


def test_number_in_a_summary_is_found_with_its_cell():
    """
    Fault 74: a number that gets into a summary, here by the name of its form set, is found in
    every cell, its digits hidden; figures and digests are none.
    """
    summary, form_set = made_summary(units=3)
    assert numbers_of_persons(summary_bytes(summary, form_set)[0]) == ()

    spotted = numbers_of_persons(summary_bytes(summary, with_a_number(form_set))[0])

    assert {one.kind for one in spotted} == {"mobile"}
    assert ("台账汇总", "A1") in {(one.sheet, one.cell) for one in spotted}
    assert leaks(str(spotted)) == []


def test_summary_with_a_number_waits_until_it_is_released(sent, readers, tmp_path):
    """
    Fault 74: such a summary is written and marked as not to go up; the officer is asked of each
    cell, and a release by name is kept in the next version.
    """
    office = Path(shutil.copytree(sent, tmp_path / "清河街道"))
    checked = checked_sets()["TJ"]
    leaking = dataclasses.replace(checked, form_set=with_a_number(checked.form_set))
    with at_work(office, NOW, "aggregate") as work:
        pipeline.collect(work, (), readers)
        pipeline.audit(work, PERIOD)
        first = publish(work, leaking, PERIOD, examine(work, leaking, PERIOD))
        asked = [one for one in first.summary.findings if one.finding.code == "personal_number"]
        waits = [one.code for one in ready_to_submit(work, PERIOD, "TJ")]
        again = publish(work, leaking, PERIOD, examine(work, leaking, PERIOD))
        for one in asked:
            typed = Typed(key=one.key, action="accept", officer="王主任", reason="系办公室对外电话")
            pipeline.answer(work, str(PERIOD), typed)
        released = publish(work, leaking, PERIOD, examine(work, leaking, PERIOD))
        last = publish(work, leaking, PERIOD, examine(work, leaking, PERIOD))
        ready = [one.code for one in ready_to_submit(work, PERIOD, "TJ")]

    assert (first.new, first.personal) == (True, len(asked))
    assert asked
    assert (again.new, again.personal) == (False, len(asked))
    assert (released.summary.number, released.personal) == (first.summary.number + 1, 0)
    assert not last.new
    assert ("personal" in waits, "personal" in ready) == (True, False)
    assert verify(first.path).waits
    assert leaks(str([one.finding for one in asked])) == []
