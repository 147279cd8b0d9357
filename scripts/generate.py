"""Write what is made from the definitions and texts and kept in git."""

import sys
from pathlib import Path

from huizong import addin_file
from huizong.findings import page
from huizong.forms import installed, read_form_set
from huizong.issue import write_standard
from huizong.language import check
from huizong.office import write_sample_control

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))


def main() -> None:
    """Write the standard blanks beside their definitions, both workbooks and docs/findings.md."""
    from faults import situations  # the table of faults belongs to the tests

    form_sets = {code: read_form_set(folder) for code, folder in installed().items()}
    for form_set in form_sets.values():
        print(write_standard(check(form_set, form_sets)).relative_to(ROOT))
    path = ROOT / "workbook" / addin_file.FILE
    path.write_bytes(addin_file.build_addin())
    print(path.relative_to(ROOT))
    path = ROOT / "workbook" / "huizong.xlsm"
    write_sample_control(path)
    print(path.relative_to(ROOT))
    path = ROOT / "docs" / "findings.md"
    path.write_text(page(situations()), encoding="utf-8", newline="\n")
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
