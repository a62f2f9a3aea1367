"""What can keep Yunfan from starting. Each is one sentence for the operator, in both languages, never a traceback."""

import os


class InfraError(Exception):
    """The machine or its settings do not let Yunfan run. `str()` is the English sentence."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh

    def sentence(self, locale: str | None = None) -> str:
        """The sentence in `locale` ("zh…" or anything else for English); without one, in the terminal's language."""
        if locale is None:
            locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
        return self.zh if locale.lower().startswith("zh") else self.en


class SettingsError(InfraError):
    """An environment variable is missing, malformed, or not allowed here."""


class ServiceError(InfraError):
    """PostgreSQL or Redis cannot be started, reached, or used as it is."""
