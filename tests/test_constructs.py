"""Every construct of the catalogue's relations: true once, false once, live or office only."""

import pytest

from fillings import filling
from huizong.formulas import live, verdict_formula
from huizong.vectors import judge
from random_fillings import ground_of
from relation_sets import cases, constructs

# What cannot stand in the unit's workbook: other forms, other units, last period's rows, look-ups.
OFFICE_ONLY = (
    "LEVEL", "CHILDREN", "WORKDAYS", "ACROSS.1", "ACROSS.2", "ID18", "CERT20", "MEASURE", "SUMBY",
    "CARRIED", "LEDGER-MAX-WHERE",
)  # fmt: skip
# The catalogue's notation (domain.md, C.0.6), each with a formula of the catalogue that has it.
CATALOGUE = {
    "AND": "JC01 >= 1 AND JC02 >= 1",
    "a <= b <= c": "1.5 <= JC02/JC01 <= 5.0",
    "+": "JC12 + JC13 <= JC02",
    "R1, ABS": "ABS(JC14 - R1(JC15/(JC06*1000000)*100)) <= 0.1",
    "R2": "SY06 = R2(SUM(SY-L2.amount_yuan)/10000)",
    "@-1q": "ABS(JC02/JC02@-1q - 1) <= 0.05",
    "@-1y": "AQ10@-1y > 0 => ABS(AQ18 - R1((AQ10-AQ10@-1y)/AQ10@-1y*100)) <= 0.1",
    "OR": "JC05 = 0 OR JC05 >= JC04",
    "=>": "SY06 + SY07 > 0 => SY04 >= 1",
    "<=>": "YF16 > 0 <=> YF15 > 0",
    "IS NULL": "AQ10@-1y = 0 => AQ18 IS NULL",
    "IS NULL OR": "XX10 IS NULL OR XX10 + XX11 = XX04",
    "IN": "quarter IN (1,3) => SY04 >= 1",
    "BETWEEN": "SY06 > 0 => SY06/SY05*10000 BETWEEN 50 AND 20000",
    "MAX": "MAX(YF05,YF06,YF07,YF08,YF09,YF10) <= YF02",
    "MIN": "MIN(KP01,KP02,KP03,KP04,KP05,KP06,KP07,KP08) = 0 => NOTE",
    "FLOOR": "KP16 <= FLOOR(0.10*KP15)",
    "IF": "DB10 = DB09 + IF(quarter > 1, DB10@-1q, 0)",
    "YTD": "YTD(GF04) >= quarter",
    "YEAR": "YEAR(JD03) >= 2",
    "SUM_CHILD": "level>='街道' => SY03 <= SUM_CHILD(SY03)",
    "EXPECTED_CHILDREN": "level='街道' => JC11 = EXPECTED_CHILDREN",
    "WORKDAYS": "AW01 >= 0.9 * 2 * WORKDAYS(quarter)",
    "DAYS": "ZZ16 <= DAYS(quarter)",
    "COUNT": "SY04 = COUNT(SY-L2)",
    "COUNT(DISTINCT a,b)": "AW01 = COUNT(DISTINCT AW-L1.date,shift)",
    "DISTINCT": "SY03 = DISTINCT(SY-L1.unit)",
    "DISTINCT WHERE": "YF01 = DISTINCT(YF-L1.id_no WHERE change NOT IN ('核减','死亡','迁出'))",
    "SUM": "SY05 = SUM(SY-L2.household_times)",
    "SUM WHERE": "DB09 = R2(SUM(DB-L2.amount_yuan WHERE item='低保金')/10000)",
    "SUM WHERE !=": "YF11+YF12+YF13+YF14 = R2(SUM(YF-L2.amount_yuan WHERE item!='奖励')/10000)",
    "SUM of a product": "ZY05 = SUM(ZY-L2.people) AND ZY06 = SUM(ZY-L2.people*hours)",
    "start IN period": "SQ05 = R2(SUM(SQ-L1.budget WHERE start IN period))",
    "COUNTIF": "TJ02 = COUNT(TJ-L1) AND TJ04 = COUNTIF(TJ-L1.result='成功')",
    "COUNTIF OR": "MZ01 = COUNTIF(MZ-L1.type='居民会议' OR type='居民代表会议')",
    "COUNTIF IS NULL": "LD01 = COUNTIF(LD-L1.left_on IS NULL)",
    "COUNTIF IN": "YF01 = YF01@-1q + COUNTIF(YF-L1.change='新增') "
    "- COUNTIF(YF-L1.change IN ('核减','死亡','迁出'))",
    "COUNTIF chain": "BJ01 = BJ01@-1q + BJ05 - COUNTIF(period_start <= BJ-L1.until < period_end)",
    "COUNTIF days": "COUNTIF(DJ-L1.confirmed_on - DJ-L1.joined_on < 365) = 0",
    "COUNTIF quotient": "COUNTIF(YW-L2.present/YW-L2.due < 2/3) = 0",
    "COUNTIF / COUNT": "quarter = 4 => COUNTIF(SQ-L1.progress=100)/COUNT(SQ-L1) >= 0.8",
    "[i]": "KP-L1.score[i] <= KP-L1.max[i]",
    "[i-1]": "SQ-L2.balance[i] = SQ-L2.balance[i-1] + income - expense",
    "w()": "PD-L1.score = 0.8*w(exists)+1.0*w(evidence)+1.2*w(effect), w in {1,0.7,0.3,0}",
    "text figure": "PD12 >= 100 AND PD11 = 0 => PD13 = '通过'",
    "ADDYEARS": "PD13 = '通过' => PD16 = ADDYEARS(PD17,3)",
    "ID18_VALID": "ID18_VALID(RK-L2.id_no)",
    "CERT_NO_VALID": "CERT_NO_VALID(CJ-L1.cert_no)",
    "INT_FEASIBLE": "INT_FEASIBLE(TJ05, TJ02)",
    "NOTE": "AQ07 < 100 => NOTE",
    "other forms": "JC02 = JC02@-1q + RK09 - RK10 + RK11 - RK12",
    "weights": "KP13 = R2(0.4*KP11 + 0.6*KP12)",
    "-": "KP12 = KP01+KP02+KP03+KP04+KP05+KP06+KP07+KP08+KP09-KP10",
}
RULES = {rule.id: rule for rule in constructs()["KK"].relations}


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue_s_construct_has_a_relation(name):
    """
    For each construct of the catalogue's notation a relation of the made set quotes its formula.
    """
    assert CATALOGUE[name] in {rule.relation.source for rule in RULES.values()}


@pytest.mark.parametrize("identity", RULES)
def test_construct_holds_and_fails(identity):
    """
    The relation holds in its valid return and fails in its invalid one.
    """
    texts = cases("construct_cases")["KK"][identity]
    ground = ground_of(constructs(), [filling(texts["valid"]), filling(texts["invalid"])])
    assert judge(RULES[identity], ground).tolist() == [1, 0]


def test_what_is_live():
    """
    The compiler itself tells which relations a workbook can judge.
    """
    assert tuple(rule.id for rule in RULES.values() if not live(rule)) == OFFICE_ONLY


def test_formulas_stay_within_excel_s_limits():
    """
    No formula uses array entry or what Excel 2010 lacks, and all stay short.
    """
    for rule in filter(live, RULES.values()):
        formula = verdict_formula(rule)
        assert len(formula) < 8192
        assert not any(word in formula for word in ("LET(", "LAMBDA", "FILTER(", "UNIQUE", "{="))
