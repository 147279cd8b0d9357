"""A quarter of many offices, one after the other, and of the office above them."""

import os
import shutil
from pathlib import Path

import stages
from returns import DISTRICT, MADE, OLD, PERIOD, bases_in, make_office, open_office_of, writers

from huizong import pipeline
from huizong.children import Children
from huizong.records import Unit
from huizong.work import at_work


def quarter_of_many(count: int, each: int, folder: Path, temp: Path, readers: Children) -> float:
    """
    Give the seconds that all offices and the one above take together.

    An office's returns are made just before it is timed, and are gone afterwards.
    """
    bases, top, seconds = bases_in(folder), temp / "district", 0.0
    streets = {f"{int(DISTRICT) + 1000 * n}": f"第{n}街道" for n in range(1, count + 1)}
    _district(top, streets)
    with writers() as pool:
        for code, name in streets.items():
            # An office that is not in its own roster takes its name from its folder.
            office = temp / name
            make_office(office, code, each, bases, pool)
            stages.warm(readers, office)
            seconds += stages.quarter(office, readers, returns=each)
            for path in (office / "汇总" / str(PERIOD)).glob("【HZ】*.xlsx"):
                os.utime(path, (OLD, OLD))
                shutil.move(path, top / "收表" / path.name)
            shutil.rmtree(office)
    return seconds + stages.quarter(top, readers, returns=count)


def _district(folder: Path, streets: dict[str, str]) -> None:
    units = [Unit(code=code, name=name, parent=DISTRICT) for code, name in streets.items()]
    open_office_of(folder, DISTRICT, units)
    with at_work(folder, MADE, "bench") as work:
        pipeline.issue(work, PERIOD)
