"""What the shape of a definition does not say: codes, doubles, ways of adding up, choices."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from huizong.form_shape import Flaw, doubled, field_name, nearest
from huizong.texts import listed, say

if TYPE_CHECKING:
    from huizong.forms import Column, FormSet, Indicator

_SET = re.compile(r"[A-Z]{2,6}")
_COLUMN = re.compile(r"[a-z][a-z0-9_]*")
_TEXTS = ("code", "version", "zh", "en", "title", "form_no", "id", "rule", "key", "item")


def _of(code: str) -> tuple[tuple[str, str], ...]:
    return (("code", code),)


def check_blanks(form_set: "FormSet") -> Iterator[Flaw]:
    """No name, code or rule is blank."""
    yield from _blanks(form_set, ())
    for one in (*form_set.indicators, *form_set.ledgers):
        yield from _blanks(one, _of(one.code))
    for ledger in form_set.ledgers:
        for column in ledger.columns:
            yield from _blanks(column, (*_of(ledger.code), ("key", column.key)))
    for relation in form_set.relations:
        yield from _blanks(relation, (("id", relation.id),))
    for section in form_set.sections:
        yield from _blanks(section, (("key", section.key),))


def _blanks(one: msgspec.Struct, entry: tuple[tuple[str, str], ...]) -> Iterator[Flaw]:
    for field in msgspec.structs.fields(one):
        value = getattr(one, field.name)
        if field.required and field.name in _TEXTS and not value.strip():
            what = field_name(field.name, type(one))
            yield Flaw("definition.blank", entry or ((field.name, ""),), {"what": what})


def check_codes(form_set: "FormSet") -> Iterator[Flaw]:
    """Codes and keys are written so that relations can name them."""
    own = form_set.code
    if not _SET.fullmatch(own):
        yield Flaw("definition.set_code", _of(own), {"what": own})
        return
    codes = [one.code for one in form_set.indicators]
    if codes and not any(code.startswith(own) for code in codes):
        yield Flaw("definition.codes_differ", _of(own), {"what": own, "found": codes[0]})
    for one in form_set.indicators:
        if not re.fullmatch(rf"{own}\d{{2,3}}", one.code):
            yield Flaw("definition.code", _of(one.code), {"expected": f"{own}01"})
    for one in form_set.ledgers:
        if not re.fullmatch(rf"{own}-[A-Z]\d*", one.code):
            yield Flaw("definition.code", _of(one.code), {"expected": f"{own}-L1"})
        for column in one.columns:
            if not _COLUMN.fullmatch(column.key):
                yield Flaw("definition.column_key", (*_of(one.code), ("key", column.key)))


def check_doubles(form_set: "FormSet") -> Iterator[Flaw]:
    """No code stands twice, no key twice in one ledger or report."""
    codes = [one.code for one in (*form_set.indicators, *form_set.ledgers)]
    for name, values in (("code", codes), ("id", [one.id for one in form_set.relations])):
        if twice := doubled(values):
            yield Flaw("definition.double", ((name, twice),), nth=2)
    for ledger in form_set.ledgers:
        if twice := doubled([column.key for column in ledger.columns]):
            where = {"what": ledger.code}
            yield Flaw("definition.double_key", (*_of(ledger.code), ("key", twice)), where, 2)
    if twice := doubled([one.key for one in form_set.sections]):
        what = {"what": say("design.sections")}
        yield Flaw("definition.double_key", (("key", twice),), what, 2)


def check_totals(form_set: "FormSet") -> Iterator[Flaw]:
    """A rate is totalled by its expression; percentages never add up, a flow always does."""
    for one in form_set.indicators:
        if code := _wrong_total(one):
            yield Flaw(f"definition.{code}", _of(one.code), {"what": one.total})


def _wrong_total(one: "Indicator") -> str:
    if one.time == "flow" and one.total in ("max", "min"):
        # Over the year the greatest of several periods would be added to another.
        return "extreme"
    if one.total == "ratio" and not one.ratio:
        return "ratio_missing"
    if one.ratio and one.total != "ratio":
        return "ratio_total"
    if one.ratio and one.source_rule:
        return "ratio_and_from"
    if one.type == "percent" and one.total == "sum":
        return "percent_sum"
    if one.total == "distinct" and not one.distinct:
        return "distinct_missing"
    return "distinct_total" if one.distinct and one.total != "distinct" else ""


def check_units(form_set: "FormSet") -> Iterator[Flaw]:
    """A number has a unit of measure."""
    for one in form_set.indicators:
        if one.numeric and not one.unit.strip():
            yield Flaw("definition.no_unit", _of(one.code))


def check_choices(form_set: "FormSet") -> Iterator[Flaw]:
    """What is chosen has something to choose from, each once, and nothing else has."""
    for one in form_set.indicators:
        yield from _choices(one, _of(one.code))
    for ledger in form_set.ledgers:
        for column in ledger.columns:
            yield from _choices(column, (*_of(ledger.code), ("key", column.key)))


def _choices(one: "Indicator | Column", entry: tuple[tuple[str, str], ...]) -> Iterator[Flaw]:
    if one.type == "choice" and len(one.choices) < 2:
        found = {"count": len(one.choices), "found": listed(one.choices) or "——"}
        yield Flaw("definition.choices_few", entry, found)
    if one.choices and one.type != "choice":
        yield Flaw("definition.choices_idle", entry, {"found": one.type})
    if any(not text.strip() for text in one.choices):
        yield Flaw("definition.blank", entry, {"what": field_name("choices")})
    elif twice := doubled(one.choices):
        yield Flaw("definition.choice_twice", entry, {"what": twice})


def check_items(form_set: "FormSet") -> Iterator[Flaw]:
    """Items of the plan stand in quarters that there are, and name figures of the set."""
    if form_set.plan_items and form_set.plan is None:
        yield Flaw("definition.no_plan", (("item", form_set.plan_items[0].item),))
    for one in form_set.plan_items:
        entry = (("item", one.item),)
        odd = [str(quarter) for quarter in one.quarters if quarter not in (1, 2, 3, 4)]
        if odd or not one.quarters:
            yield Flaw("definition.quarters", entry, {"found": listed(odd) or "——"})
        if one.indicator and one.indicator not in form_set.by_code:
            found = {"what": one.indicator, "near": nearest(one.indicator, form_set.by_code)}
            yield Flaw("definition.unknown_code", entry, found)


def check_ranges(form_set: "FormSet") -> Iterator[Flaw]:
    """No least value is above the greatest."""
    for one in form_set.indicators:
        limits = (one.minimum, one.maximum)
        if None not in limits and limits[0] > limits[1]:
            found = {"minimum": one.minimum, "maximum": one.maximum}
            yield Flaw("definition.range", _of(one.code), found)


def check_ranks(form_set: "FormSet") -> Iterator[Flaw]:
    """What units are put in order by says which way is better."""
    for one in form_set.indicators:
        if one.ranked and not one.better:
            yield Flaw("definition.rank", _of(one.code))


def check_lights(form_set: "FormSet") -> Iterator[Flaw]:
    """Limits say which way is better, and the green one is on the better side of the amber."""
    for one in form_set.indicators:
        if one.green is None and one.amber is None:
            continue
        if one.green is None or not one.better:
            yield Flaw("definition.light_alone", _of(one.code))
            continue
        amber = one.green if one.amber is None else one.amber
        if (one.green < amber) if one.better == "more" else (one.green > amber):
            limits = {"green": one.green, "amber": one.amber}
            yield Flaw("definition.light_order", _of(one.code), limits)


CHECKS = (
    check_blanks,
    check_codes,
    check_doubles,
    check_totals,
    check_units,
    check_choices,
    check_items,
    check_ranges,
    check_ranks,
    check_lights,
)


def flaws(form_set: "FormSet") -> Iterator[Flaw]:
    """List what is wrong with a definition whose shape is right."""
    for one in CHECKS:
        yield from one(form_set)
