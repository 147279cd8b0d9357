"""Exact numbers, what messages need, and figures worked out from ledgers."""

import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fillings import filling
from huizong.determine import determine
from huizong.exact import Exact
from huizong.forms import Relation
from huizong.ground import Ground
from huizong.language import check
from huizong.numbers_of_people import is_certificate, is_identity
from huizong.vectors import judge, operands, values
from random_fillings import ground_of, random_fillings
from relation_sets import constructs, installed

HUGE = 10**17


def exact(numbers: list) -> Exact:
    return Exact.parse([str(number) for number in numbers], np.ones(len(numbers), dtype=bool))


def half_up(number: Fraction, places: int) -> Fraction:
    """Round half away from zero, with fractions."""
    scaled = abs(number) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole, 10**places) * (-1 if number < 0 else 1)


@pytest.mark.parametrize("places", [0, 1, 2])
def test_every_small_quotient_is_rounded_exactly(places):
    """
    All quotients with parts up to 200, of either sign, are rounded as fractions are.
    """
    parts, bases = np.meshgrid(np.arange(-200, 201), np.arange(1, 201))
    over, base = parts.ravel(), bases.ravel()
    known = np.ones(len(over), dtype=bool)
    got = (Exact(over, 1, known) / Exact(base, 1, known)).round(places)
    pairs = zip(over.tolist(), base.tolist(), strict=True)
    wanted = [int(half_up(Fraction(a, b), places) * 10**places) for a, b in pairs]
    assert got.over.tolist() == wanted


NUMBERS = st.decimals(-HUGE, HUGE, allow_nan=False, places=2)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_arithmetic_is_exact(pairs):
    """
    Sums, products, quotients and comparisons agree with fractions, however large.
    """
    a, b = exact([x for x, _ in pairs]), exact([y for _, y in pairs])
    fractions = [(Fraction(x), Fraction(y)) for x, y in pairs]
    for got, wanted in (
        (a + b, [x + y for x, y in fractions]),
        (a - b, [x - y for x, y in fractions]),
        (a * b, [x * y for x, y in fractions]),
        (a / b, [x / y if y else None for x, y in fractions]),
        ((a / b).round(3), [half_up(x / y, 3) if y else None for x, y in fractions]),
    ):
        assert members(got) == wanted
    assert a.compare("<", b).tolist() == [x < y for x, y in fractions]


def members(number: Exact) -> list[Fraction | None]:
    bases = np.broadcast_to(number.base, number.over.shape)
    triples = zip(number.over.tolist(), bases.tolist(), number.known.tolist(), strict=True)
    return [Fraction(over, base) if known else None for over, base, known in triples]


@given(st.lists(st.tuples(st.integers(0, 4), NUMBERS), max_size=30))
def test_sums_by_owner_are_exact(rows):
    """
    What is added up by owner is the sum of the owner's members, in exact decimals.
    """
    rows = sorted(rows, key=lambda row: row[0])
    owner = np.array([one for one, _ in rows], dtype=np.int64)
    number = exact([value for _, value in rows])
    got = number.sums(owner, 5, np.ones(len(rows), dtype=bool))
    wanted = [Fraction(0)] * 5
    for one, value in rows:
        wanted[one] += Fraction(value)
    assert members(got) == wanted


PRIMES = [one for one in range(2, 120) if all(one % part for part in range(2, one))]


@given(
    st.lists(st.tuples(st.integers(0, 4), NUMBERS, st.sampled_from(PRIMES), st.booleans()),
             max_size=40)
)  # fmt: skip
def test_quotients_by_owner_are_exact(rows):
    """
    Sums and extremes of quotients of a ledger's rows are those of fractions, whatever the bases.
    """
    rows = sorted(rows, key=lambda row: row[0])
    owner = np.array([one for one, *_ in rows], dtype=np.int64)
    counted = np.array([one for *_, one in rows], dtype=bool)
    quotients = exact([over for _, over, *_ in rows]) / exact([base for *_, base, _ in rows])
    mine = [[Fraction(over) / base for at, over, base, in_ in rows if in_ and at == one]
            for one in range(5)]  # fmt: skip
    assert members(quotients.sums(owner, 5, counted)) == [sum(some, Fraction(0)) for some in mine]
    for greatest, pick in ((True, max), (False, min)):
        got = quotients.extremes(owner, 5, counted, greatest=greatest)
        assert members(got) == [pick(some) if some else None for some in mine]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [("SUM(KK_L1[people / due]) = 20", 0), ("MAX(KK_L1[people / due]) >= 50", 1),
     ("MIN(KK_L1[people / due]) < 2", 1), ("SUM(KK_L1[people / 8]) > 200", 1)],
)  # fmt: skip
def test_quotients_of_many_rows(rule, wanted):
    """
    A relation over quotients of thirty rows is judged, though their common base has fifty digits.
    """
    own = constructs()["KK"].form_set
    relation = Relation(id="X", level="must", rule=rule, zh="商", en="", source="X")
    checked = check(replace(own, relations=(relation,)), {"KK": own})
    rows = "; ".join(f"KK_L1 people=101 | due={prime}" for prime in PRIMES)
    assert judge(checked.relations[0], ground_of({"KK": checked}, [filling(rows)])).tolist() == [
        wanted
    ]


@given(st.lists(st.tuples(st.decimals(-HUGE, HUGE, allow_nan=False), st.integers(0, 30)),
                min_size=1, max_size=5))  # fmt: skip
def test_digits_are_read_as_they_stand(numbers):
    """
    A number is what its text says beside any other, and its places are counted by themselves.
    """
    plain = [(f"{number:f}", "0" * zeros) for number, zeros in numbers]
    texts = [f"{text}{zeros}" if "." in text else text for text, zeros in plain]
    got = exact(texts)
    assert members(got) == [Fraction(text) for text in texts]
    for places in (0, 2):
        wanted = [(Fraction(text) * 10**places).denominator == 1 for text in texts]
        assert got.fits(places).tolist() == wanted


def test_rates_round_like_paper():
    """
    A rate that lies on the half is rounded up: 1/16 of 100 is 6.3 with one place.
    """
    checked = constructs()["KK"]
    ground = ground_of({"KK": checked}, [filling("KK03 1; KK02 16"), filling("KK03 1; KK02 0")])
    states, numbers = values(checked.ratios["KK05"], ground, 1)
    assert (states.tolist(), numbers) == (["number", "na"], [Decimal("6.3"), None])
    wanted = Decimal("6.25").quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert numbers[0] == wanted


def test_figures_are_worked_out_in_order():
    """
    A rate stands on the figures worked out from the ledger, not on what was typed.
    """
    checked = installed()["TJ"]
    row = "TJ_L1 accepted_on=2026-02-01 | category=邻里 | amount_yuan=12345 | result="
    one = filling(f"TJ02 99; {row}成功; {row}调解中; {row}不成功")
    (reading,) = determine(
        checked, [one.reading(checked.form_set)], lambda _: ground_of({"TJ": checked}, [one])
    ).readings
    shown = {cell.code: cell.value for cell in reading.figures}
    assert [shown[code] for code in ("TJ02", "TJ04", "TJ05", "TJ15")] == ["3", "1", "33.3", "1.23"]
    assert shown["TJ20"] == ""


@pytest.mark.parametrize(
    ("identity", "text", "wanted"),
    [
        ("TJ-R04", "TJ02 20; TJ03 21; TJ07 0; TJ21 0", ("20", "=", "21", "-1")),
        ("TJ-R12", "TJ02 16; YEARAGO TJ02 10", ("0.6", "<=", "0.5", "0.1")),
        ("TJ-R07", "TJ02 0; TJ03 0; TJ04 2", ("2", "=", "0", "2")),
        ("TJ-R06.1", "TJ02 3; TJ_L1 accepted_on=2026-01-01", ("3", "=", "1", "2")),
        ("TJ-R17", "TJ_L1 accepted_on=2026-04-01", ("", "", "", "")),
    ],
)  # fmt: skip
def test_both_sides_are_told(identity, text, wanted):
    """
    A message gets both sides of the comparison that failed, and the difference.
    """
    checked = installed()["TJ"]
    (rule,) = (rule for rule in checked.relations if rule.id == identity)
    sides = operands(rule, ground_of({"TJ": checked}, [filling(""), filling(text)]), 1)
    assert (sides.left, sides.sign, sides.right, sides.difference) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("JC02 41; JC06 674.102", ("0.0608", ">=", "1000", "-999.9392")),
        ("JC02 1; JC06 300000", ("0.000003", ">=", "1000", "-999.999997")),
        ("JC02 999999999; JC06 1000000", ("999.999999", ">=", "1000", "-0.000001")),
    ],
)  # fmt: skip
def test_the_figures_side_stands_first_and_is_short(text, wanted):
    """
    Of `limit <= value` the value is what stands there; a quotient has four places, more only where
    it would seem to be 0 or the limit.
    """
    checked = installed()["JC"]
    (rule,) = (rule for rule in checked.relations if rule.id == "JC-R05.1")
    sides = operands(rule, ground_of({"JC": checked}, [filling(text)]), 0)
    assert (sides.left, sides.sign, sides.right, sides.difference) == wanted


def test_operands_are_named():
    """
    A message gets every figure with what stands in its cell, of last year too.
    """
    checked = installed()["TJ"]
    (rule,) = (rule for rule in checked.relations if rule.id == "TJ-R12")
    sides = operands(rule, ground_of({"TJ": checked}, [filling("TJ02 ——; YEARAGO TJ02 10")]), 0)
    assert sides.operands == (("TJ02", "——"), ("YEARAGO(TJ02)", "10"))


def test_nothing_to_judge():
    """
    No returns at all give no verdicts, without a fault.
    """
    checked = installed()["TJ"]
    for rule in checked.relations:
        assert judge(rule, Ground.of({"TJ": checked}, [], (), (), ())).tolist() == []


def test_numbers_of_people():
    """
    Identity numbers want digits, a real birthday and the right check; certificates more.
    """
    good, birthday = "11010519491231002X", "110105194913310021"
    numbers = np.array([good, good.lower(), birthday, good[:17], good + "0", ""])
    certificates = np.array([good + "44", good + "45", good])
    assert is_identity(numbers).tolist() == [True, True, False, False, False, False]
    assert is_certificate(certificates).tolist() == [True, False, False]


@pytest.mark.slow
def test_a_thousand_returns():
    """
    A thousand returns are judged in one go, each as it is judged alone.
    """
    checked = installed()["TJ"]
    found = random_fillings(checked, 1000, random.Random(1))
    ground = ground_of({"TJ": checked}, found)
    some = random.Random(2).sample(range(1000), 5)
    for rule in checked.relations:
        together = judge(rule, ground)
        alone = [judge(rule, ground_of({"TJ": checked}, [found[at]]))[0] for at in some]
        assert together[some].tolist() == alone, rule.id
