"""The printed dictionary of a form set: indicators, ledgers, relations, what is dormant."""

from collections.abc import Iterator

from huizong.cells import plain
from huizong.errors import HuizongError
from huizong.forms import FormSet, Indicator, Ledger
from huizong.formulas import live
from huizong.language import CheckedSet
from huizong.texts import either, language, listed, marked, measure_name, name_of, say
from huizong.work import checked_sets


def lines(set_code: str) -> Iterator[str]:
    """
    Print a form set as a person reads it.

    Raises:
        HuizongError: If the set is not installed (`error.unknown_set`, naming those that are).
    """
    found = checked_sets().get(set_code.upper())
    if found is None:
        raise HuizongError("error.unknown_set", set=set_code, known=listed(checked_sets()))
    form_set = found.form_set
    yield say("dictionary.title", code=form_set.code, name=name_of(form_set),
              version=form_set.version, form_no=form_set.form_no)  # fmt: skip
    yield ""
    yield say("dictionary.indicators")
    for indicator in form_set.indicators:
        yield from _indicator(indicator)
    for ledger in form_set.ledgers:
        yield ""
        yield from _ledger(ledger)
    yield ""
    yield from _relations(found)


def _indicator(indicator: Indicator) -> Iterator[str]:
    if indicator.section:
        yield f"  {either(indicator.section, indicator.section_en)}"
    facts = [
        measure_name(indicator.unit),
        say(f"dictionary.type.{indicator.type}"),
        marked("／").join(indicator.choices),
        say(f"dictionary.time.{indicator.time}"),
        say(f"dictionary.total.{indicator.total}"),
        _range(indicator),
        say("dictionary.required") if indicator.required else "",
    ]
    yield marked(
        f"  {indicator.code}  {name_of(indicator).strip()}（{'，'.join(filter(None, facts))}）"
    )
    definition = indicator.definition if language() == "zh" else indicator.definition_en
    for text in (definition, _rule(indicator)):
        if text:
            yield f"        {text}"


def _range(indicator: Indicator) -> str:
    low, high = indicator.minimum, indicator.maximum
    if low is None and high is None:
        return ""
    shown = ["—" if limit is None else plain(limit) for limit in (low, high)]
    return marked(f"{shown[0]}～{shown[1]}")


def _rule(indicator: Indicator) -> str:
    if indicator.ratio:
        return say("dictionary.ratio", rule=indicator.ratio)
    return say("dictionary.from", rule=indicator.source_rule) if indicator.source_rule else ""


def _ledger(ledger: Ledger) -> Iterator[str]:
    yield f"{ledger.code}  {name_of(ledger)}  {say('dictionary.kind.' + ledger.kind)}"
    for column in ledger.columns:
        marks = [
            say(f"dictionary.type.{column.type}"),
            marked("／").join(column.choices),
            say("dictionary.required") if column.required else "",
            say("dictionary.public") if column.public else "",
            say("dictionary.personal") if column.personal else "",
        ]
        yield marked(f"  {name_of(column)}（{column.key}；{'，'.join(filter(None, marks))}）")


def _relations(checked: CheckedSet) -> Iterator[str]:
    form_set: FormSet = checked.form_set
    yield say("dictionary.relations", name=name_of(form_set))
    for rule in checked.relations:
        where = say("dictionary.live" if live(rule) else "dictionary.office_only")
        yield marked(f"  {rule.id}  [{say('level.' + rule.level)}，{where}]  ") + name_of(rule)
        yield f"        {rule.relation.rule}"
        if rule.relation.source:
            yield f"        {say('dictionary.source', text=rule.relation.source)}"
    for dormant in checked.dormant:
        sets = listed(dormant.sets)
        yield f"  {dormant.id}  [{say('dictionary.dormant', sets=sets)}]  {dormant.rule}"
