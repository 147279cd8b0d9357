"""Convert workbooks with LibreOffice, each call with a profile of its own."""

import subprocess
from pathlib import Path

from programs import require


def convert(path: Path, kind: str, out_dir: Path) -> Path:
    """Convert a file to another kind, such as xls or pdf; skip the test without LibreOffice."""
    soffice = require("soffice")
    out_dir.mkdir(parents=True, exist_ok=True)
    profile = out_dir / "profile"
    command = [soffice, f"-env:UserInstallation={profile.resolve().as_uri()}", "--headless"]
    command += ["--convert-to", kind, "--outdir", str(out_dir), str(path)]
    done = subprocess.run(command, capture_output=True, timeout=180, check=False)
    converted = out_dir / f"{path.stem}.{kind.partition(':')[0]}"
    assert converted.exists(), done.stderr.decode(errors="replace")
    return converted
