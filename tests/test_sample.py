"""Sample figures: the same every time, the year's stated counts, and nobody's name."""

import re

import pytest

from huizong.audit import audit
from huizong.ground import Header
from huizong.periods import Period
from huizong.records import Reading
from huizong.sample import SURNAMES, fill, read_sample
from issued import PERIOD, UNIT, blank_of, codes, read, sent, tj, written

YEAR = [Period.of(2025, "Q", number) for number in (1, 2, 3, 4)]


def sample(period: Period = PERIOD, **options: object) -> Reading:
    """What 光明社区 fills in for a period."""
    blank = blank_of(UNIT, period)
    return fill(tj().form_set, blank.identity, plan=blank.filling.ledgers, **options)


def outcomes(reading: Reading, period: Period) -> list[str | None]:
    """The results of the disputes that were accepted in the period."""
    (rows,) = (one for one in reading.ledgers if one.symbol == "TJ_L1")
    day, result = rows.keys.index("accepted_on"), rows.keys.index("result")
    first, last = period.start.isoformat(), period.end.isoformat()
    return [row[result] for row in rows.rows if first <= row[day] <= last]


def test_sample_is_the_same_every_time():
    """Unit, period and seed decide everything; another seed gives other figures."""
    assert sample() == sample()
    assert sample(seed=2) != sample()


def test_stated_year_adds_up_to_what_the_document_says():
    """41 disputes taken and 39 settled over four quarters (D3:L127), every one accepted in time."""
    found = [one for period in YEAR for one in outcomes(sample(period, stated=True), period)]

    assert (len(found), found.count("成功")) == (41, 39)


def test_stated_figures_carry_their_source():
    """Where a count is stated by a document, the sample says by which, and what was generated."""
    (stated,) = read_sample(tj().form_set)["stated"]

    assert "D3:L127" in stated["source"]
    assert "生成" in stated["source"]


@pytest.mark.parametrize("stated", [False, True])
def test_sample_passes_the_audit(stated: bool):
    """Every quarter's sample, each after the last, has nothing to mend."""
    last: Reading | None = None
    for period in YEAR:
        reading = sample(period, previous=last, stated=stated)
        findings = audit(tj(), [reading], [Header(period, "社区")]).findings[0]
        assert codes(findings, "must", "ask", "release") == []
        last = reading


def test_no_real_names():
    """Persons are a surname and 某: nobody's name, phone or ID number stands in a sample."""
    reading = sample()
    for rows in reading.ledgers:
        for key in ("parties", "mediator", "person"):
            if key in rows.keys:
                names = {row[rows.keys.index(key)] for row in rows.rows}
                masked = rf"[{SURNAMES}]某(某|与[{SURNAMES}]某)"
                assert all(re.fullmatch(masked, name or "") for name in names)
    text = str(reading)
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", text)
    assert not re.search(r"(?<!\d)\d{17}[\dX](?!\d)", text.replace(UNIT.code, ""))


def test_sample_survives_the_way_through_a_workbook():
    """What the sample says is what the reader reads."""
    assert outcomes(read(sent()), PERIOD) == outcomes(sample(), PERIOD)
    assert len(read(written(blank_of())).figures) == len(tj().form_set.indicators)
