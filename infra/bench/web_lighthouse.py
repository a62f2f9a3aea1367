"""What Lighthouse says of the sign-in page, as built and served by the product: on a desktop, and on a middling phone
with a slow network, as Lighthouse pretends them. Lighthouse is installed when it is asked for."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.bench.report import Row, at_least, at_most
from infra.bench.start import product
from infra.browser import CHROMIUM_SWITCHES, chromium
from infra.web_build import environment, node, npm

PEER = Path(__file__).parent / "peers" / "lighthouse"
_CATEGORIES = ("performance", "accessibility", "best-practices")
_GOALS = {"desktop": 0.95, "mobile": 0.85}
_RUNS = 3
_INSTALL_SECONDS, _RUN_SECONDS = 600, 180


def rows() -> Iterator[Row]:
    """`web.lighthouse.*`: scores from 0 to 1; of several runs the median, as Lighthouse advises."""
    script = _installed()
    with tempfile.TemporaryDirectory(prefix="yunfan-bench-") as folder, product(Path(folder)) as url:
        for form, goal in _GOALS.items():
            reports = [_report(script, url, form, Path(folder) / f"{form}-{run}.json") for run in range(_RUNS)]
            reports.sort(key=lambda report: _score(report, "performance"))
            middle = reports[len(reports) // 2]
            name = f"web.lighthouse.{form}"
            yield at_least(f"{name}.performance", _score(middle, "performance"), "score", goal, _timings(middle))
            yield at_least(f"{name}.accessibility", _score(middle, "accessibility"), "score", 0.98, "the sign-in page")
            yield at_least(f"{name}.best_practices", _score(middle, "best-practices"), "score", 1, "the sign-in page")
            shift = middle["audits"]["cumulative-layout-shift"]["numericValue"]
            yield at_most(f"{name}.layout_shift", shift, "CLS", 0.01, "what moves while the page comes up")


def _score(report: Mapping[str, Any], category: str) -> float:
    return float(report["categories"][category]["score"])


def _timings(report: Mapping[str, Any]) -> str:
    told = {"first": "first-contentful-paint", "largest": "largest-contentful-paint", "blocked": "total-blocking-time"}
    found = (f"{word} {report['audits'][audit]['numericValue']:.0f} ms" for word, audit in told.items())
    return f"median of {_RUNS}; paint: " + ", ".join(found)


def _installed() -> Path:
    """Lighthouse's script, from the lock file beside this. Raises RuntimeError where npm cannot get it."""
    script = PEER / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not script.exists():
        command = [*npm(), "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=PEER, env=environment(), timeout=_INSTALL_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError("Lighthouse could not be installed: npm needs its package registry")
    return script


def _report(script: Path, url: str, form: str, path: Path) -> dict[str, Any]:
    browser = chromium()
    if browser is None:
        raise RuntimeError("Lighthouse needs a Chromium: run `make browser`, or set YUNFAN_CHROMIUM")
    command = [node(), str(script), url, "--quiet", "--output=json", f"--output-path={path}"]
    command += [f"--only-categories={','.join(_CATEGORIES)}", f"--chrome-flags={' '.join(CHROMIUM_SWITCHES)}"]
    command += ["--preset=desktop"] if form == "desktop" else []
    subprocess.run(command, env={**environment(), "CHROME_PATH": browser}, timeout=_RUN_SECONDS, check=True)
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report
