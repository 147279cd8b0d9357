"""What the verdicts of the relations read in an issued workbook: 通过, 必须改, 待填, 不适用."""

from huizong.desk import Blank, Desk, is_number, typed
from huizong.language import Rule
from huizong.settle import SHORTEST_REASON
from huizong.syntax import Figure, walk
from huizong.texts import say


def verdict_words(desk: Desk) -> list[str]:
    """Give the words that the verdicts of all relations come to, in the relations' order."""
    caches, filling = desk.blank.caches, desk.blank.filling
    explanations = filling.explanations if filling else {}
    words = []
    for relation in desk.blank.checked.relations:
        verdict = caches.verdicts.get(relation.id, -1)
        if relation.id not in desk.formulas.verdicts:
            meant = desk.blank.level in relation.relation.levels
            words.append(say("book.office_only" if meant else "book.not_here"))
        elif not desk.judged(relation.id):
            words.append(say("book.on_paper"))
        elif verdict == 0 and relation.level not in ("must", "release"):
            said = len(explanations.get(relation.id, "").strip()) >= SHORTEST_REASON
            words.append(say("book.explained") if said else say("level.explain"))
        elif verdict == -1:
            words.append(_undecided(desk, relation))
        else:
            words.append(say("book.passed" if verdict else "level.must"))
    return words


def undecided_formula(desk: Desk, rule: Rule) -> str:
    """Compile what an undecided relation reads: 待填, or 不适用 where nothing is left to fill."""
    waits, ends = (f'"{say(f"book.{key}")}"' for key in ("undecided", "no_base"))
    if not _lacks_base(desk.blank, rule):
        return waits
    filled = ",".join(f'HZ_{code}<>""' for code in _codes_now(rule))
    return f"IF(IFERROR(AND({filled}),FALSE),{ends},{waits})" if filled else ends


def _undecided(desk: Desk, rule: Rule) -> str:
    shown = desk.blank.caches.figures
    filled = all(shown.get(code) or typed(desk, code) for code in _codes_now(rule))
    return say("book.no_base" if filled and _lacks_base(desk.blank, rule) else "book.undecided")


def _figures(rule: Rule) -> tuple[Figure, ...]:
    return tuple(node for node in walk(rule.expression) if isinstance(node, Figure))


def _codes_now(rule: Rule) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.code for one in _figures(rule) if one.when == "now"))


def _lacks_base(blank: Blank, rule: Rule) -> bool:
    """Whether a relation looks back at a figure that the workbook has no number of."""
    past = {"previous": blank.previous, "year_ago": blank.year_ago}
    return any(
        one.when in past and not is_number(past[one.when].get(one.code, ""))
        for one in _figures(rule)
    )
