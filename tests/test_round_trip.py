"""Issue, fill in, read: the same values come back, through our writer and through LibreOffice."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huizong.cells import plain, squash
from huizong.form_styles import tidy
from huizong.records import FigureCell, LedgerRows, Reading
from issued import audited, blank_of, figures, filled, found, read, sent, tj, written
from libreoffice import convert

TYPED = ("TJ01", "TJ16", "TJ17", "TJ20")
LEDGER = tj().form_set.by_symbol["TJ_L1"]
KEYS = tuple(column.key for column in LEDGER.columns)


def exact(limit: str, places: int) -> st.SearchStrategy[Decimal]:
    """Decimals that a spreadsheet can hold: fifteen digits."""
    return st.decimals(-Decimal(limit), Decimal(limit), places=places)


numbers = st.one_of(
    exact("999999999999999", 0), exact("999999999", 6), exact("1", 14), st.just(Decimal(0))
).map(plain)
texts = st.text(st.characters(codec="utf-8"), max_size=60).filter(
    lambda text: squash(tidy(text)).rstrip(":") not in ("合计", "小计", "总计", "Total")
)
chinese = st.text(st.sampled_from("张李王某与的件次，。“”（）——Ａ１ \n"), max_size=30)
dates = st.dates(dt.date(1901, 1, 1), dt.date(2100, 12, 31)).map(dt.date.isoformat)


def cell_of(key: str) -> st.SearchStrategy[str | None]:
    """Values of one column of the ledger."""
    column = LEDGER.by_key[key]
    if column.type == "date":
        return dates
    if column.choices:
        return st.sampled_from(column.choices) | st.none()
    return numbers | st.none() if column.numeric else texts | chinese


rows = st.fixed_dictionaries({key: cell_of(key) for key in KEYS if key != "seq"})
fillings = st.fixed_dictionaries(
    {
        "figures": st.fixed_dictionaries(dict.fromkeys(TYPED, numbers)),
        "rows": st.lists(rows, max_size=6),
        "texts": st.fixed_dictionaries({one.key: texts for one in tj().form_set.sections}),
        "remark": chinese,
    }
)


def laid_out(given: Mapping) -> Reading:
    """Lay drawn values out as a return."""
    cells = tuple(FigureCell(code, "number", text) for code, text in given["figures"].items())
    numbered = [{"seq": str(n), **row} for n, row in enumerate(given["rows"], 1)]
    table = tuple(tuple(row.get(key) for key in KEYS) for row in numbered)
    status = "有" if table else "本期无"
    places = tuple(range(6, 6 + len(table)))
    ledger = LedgerRows("TJ_L1", status, "", KEYS, ("",) * len(KEYS), places, table)
    none = LedgerRows("TJ_L2", "本期无", "", (), ())
    blank = blank_of()
    return msgspec.structs.replace(
        blank.filling, figures=cells, ledgers=(ledger, none, *blank.filling.ledgers),
        texts=given["texts"], remarks={"TJ01": given["remark"]},
    )  # fmt: skip


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=st.lists(fillings, min_size=3, max_size=3))
def test_what_was_filled_in_is_read_back(batch: Sequence[Mapping]):
    """Values, Chinese text, dates, big and tiny figures come back as they were typed."""
    for given_values in batch:
        filling = laid_out(given_values)
        got = read(written(msgspec.structs.replace(blank_of(), filling=filling)))

        typed = {cell.code: cell.value for cell in got.figures}
        assert {code: typed[code] for code in TYPED} == given_values["figures"]
        assert table(got) == [
            tuple(tidied(row[key]) for key in KEYS if key != "seq") for row in given_values["rows"]
        ]
        assert got.texts == {key: tidy(text) for key, text in given_values["texts"].items()}
        assert got.remarks.get("TJ01", "") == tidy(given_values["remark"])


def table(reading: Reading) -> list[tuple[str | None, ...]]:
    """The rows of disputes without their running numbers."""
    (rows,) = (one for one in reading.ledgers if one.symbol == "TJ_L1")
    return [row[1:] for row in rows.rows]


def tidied(text: str | None) -> str | None:
    """What is left of a text when it is cleaned for a cell; nothing is a blank."""
    return (tidy(text) or None) if text is not None else None


@pytest.mark.libreoffice
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "et"])
def test_saved_by_libreoffice_it_reads_the_same(kind: str, tmp_path: Path):
    """Saved as .xlsx, .xls, .ods or .et a return has the same figures and no findings."""
    path = tmp_path / "sent.xlsx"
    path.write_bytes(sent())
    # WPS's .et is an .xls by another name.
    data = convert(path, "xls" if kind == "et" else kind, tmp_path / "out").read_bytes()

    assert found(data) == []
    assert figures(data) == figures(sent())
    mine, theirs = audited(read(sent())).readings[0], audited(read(data)).readings[0]
    assert [(one.symbol, one.status, one.rows) for one in theirs.ledgers] == [
        (one.symbol, one.status, one.rows) for one in mine.ledgers
    ]
    assert (theirs.texts, theirs.identity, theirs.seal) == (mine.texts, mine.identity, mine.seal)


@pytest.mark.libreoffice
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_blank_saved_by_libreoffice_is_still_blank(kind: str, tmp_path: Path):
    """A blank opened and saved elsewhere has the findings of a blank, and no others."""
    path = tmp_path / "blank.xlsx"
    path.write_bytes(written(blank_of()))
    data = convert(path, kind, tmp_path / "out").read_bytes()

    assert found(data) == found(path.read_bytes())
    assert figures(data) == {}


def test_sample_return_has_no_findings():
    """The sample return that other tests change is without a fault itself."""
    assert found(sent()) == []
    assert len(figures(written(filled(blank_of())))) == len(tj().form_set.indicators)
