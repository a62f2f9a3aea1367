"""A browser for the tests of the web client: the machine's own Chromium and Firefox, installed from Debian's packages
where they are missing and may be installed. `python -m infra.browser` is what `make browser` calls."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# The font is for Chinese in screenshots and printed pages: without one Chromium draws boxes.
PACKAGES = {"chromium": "chromium", "firefox-esr": "firefox-esr"}
FONT = "fonts-noto-cjk"
# For a machine without a screen or an outside network, as web/tests/support/chromium.ts has them.
CHROMIUM_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SECONDS = 900


def chromium() -> str | None:
    """The path of a Chromium that tests may drive."""
    named = os.environ.get("YUNFAN_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def firefox() -> str | None:
    return os.environ.get("YUNFAN_FIREFOX") or next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)


def install() -> int:
    """Installs what is missing; the exit code. Without the right or the means it says what to do."""
    found = {"chromium": chromium(), "firefox-esr": firefox()}
    missing = [PACKAGES[name] for name, path in found.items() if path is None]
    if not missing:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.stderr.write(
            f"The browser tests need {' and '.join(missing)}: install them, or name others with YUNFAN_CHROMIUM and "
            "YUNFAN_FIREFOX.\n"
        )
        return 0 if found["chromium"] else 1
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", *missing, FONT]):
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, timeout=_SECONDS, check=False)  # noqa: S603
        if done.returncode != 0:
            sys.stderr.write(f"`{' '.join(command)}` failed: install {' and '.join(missing)} by hand.\n")
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(install())
