"""Write what a community sent on a former version, from the definition of that time."""

import datetime as dt
import io
import shutil
import tempfile
from pathlib import Path

import msgspec

from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.forms import read_form_set
from huizong.issue import blanks_for
from huizong.language import check
from huizong.records import FigureCell
from huizong.sample import fill
from issued import OWN, PERIOD, TEMPLATES, UNIT

VERSIONS = Path(__file__).parent / "data" / "versions"


def former_return(code: str, version: str) -> bytes:
    """Fill in the blank of a former version; its definition is kept beside the fixture."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(TEMPLATES, folder, dirs_exist_ok=True)
        then = Path(folder) / code
        shutil.rmtree(then / "versions")
        shutil.copyfile(VERSIONS / code / f"{version}.toml", then / "definition.toml")
        form_set = read_form_set(then)
        (blank, _) = blanks_for(check(form_set, {code: form_set}), PERIOD, [UNIT], OWN, {})
        filling = fill(form_set, blank.identity, plan=blank.filling.ledgers)
    rate = FigureCell("TJ18", "number", "98.5", "", "98.5")
    figures = (*(one for one in filling.figures if one.code != "TJ18"), rate)
    filling = msgspec.structs.replace(filling, figures=figures)
    blank = msgspec.structs.replace(
        blank, filling=filling, due=dt.date(2026, 4, 7), issued_at="2026-03-20T09:00:00"
    )
    out = io.BytesIO()
    write_blank(with_caches([blank])[0], out)
    return out.getvalue()
