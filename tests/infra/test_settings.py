"""What the environment may say, beginning with what it may not."""

import base64
import os
from pathlib import Path

import pytest

from infra.errors import SettingsError
from infra.settings import Settings, parse_clock_offset, parse_keys

KEY = base64.b64encode(bytes(range(32))).decode()
PRODUCTION = {"YUNFAN_ENV": "production", "YUNFAN_KEYS": f"a:{KEY}"}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({**PRODUCTION, "YUNFAN_CLOCK": "+16d"}, "YUNFAN_CLOCK"),
        ({"YUNFAN_ENV": "production"}, "YUNFAN_KEYS"),
        ({"YUNFAN_ENV": "staging"}, "YUNFAN_ENV"),
        ({"YUNFAN_PORT": "0"}, "YUNFAN_PORT"),
        ({"YUNFAN_PORT": "65536"}, "YUNFAN_PORT"),
        ({"YUNFAN_PORT": "٨٠٠٠"}, "YUNFAN_PORT"),
        ({"YUNFAN_CLOCK": "tomorrow"}, "YUNFAN_CLOCK"),
        ({"YUNFAN_LOG_LEVEL": "loud"}, "YUNFAN_LOG_LEVEL"),
        ({"DATABASE_URL": "mysql://u:topsecret@h/d"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://u:topsecret@h:port/d"}, "DATABASE_URL"),
        ({"REDIS_URL": "http://u:topsecret@h"}, "REDIS_URL"),
        ({"SMS_URL": "ftp://u:topsecret@h"}, "SMS_URL"),
        ({"SMTP_URL": "smtp://"}, "SMTP_URL"),
        ({"SMTP_URL": "smtps://u:topsecret@h?starttls=1"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://u:topsecret@h:port"}, "SMTP_URL"),
        ({"YUNFAN_PUBLIC_URL": "https://"}, "YUNFAN_PUBLIC_URL"),
        ({"YUNFAN_KEYS": f"a:{KEY},a:{KEY}"}, "YUNFAN_KEYS"),
        ({"YUNFAN_KEYS": "a:dG9wc2VjcmV0"}, "YUNFAN_KEYS"),
        ({"YUNFAN_KEYS": KEY}, "YUNFAN_KEYS"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence_that_names_it(environ: dict[str, str], named: str, tmp_path: Path):
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"YUNFAN_DATA": str(tmp_path), **environ})
    for sentence in (refused.value.en, refused.value.zh):
        assert sentence.startswith(named) or named in sentence
        assert "\n" not in sentence
        assert "topsecret" not in sentence
        assert KEY not in sentence
    assert refused.value.en.endswith(".")
    assert refused.value.zh.endswith("。")


def test_a_data_directory_that_cannot_be_written_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(SettingsError, match="YUNFAN_DATA"):
        Settings.from_env({"YUNFAN_DATA": str(tmp_path / "file")})


def test_secrets_are_not_shown(tmp_path: Path):
    settings = Settings.from_env(
        {
            "YUNFAN_DATA": str(tmp_path),
            "YUNFAN_KEYS": f"a:{KEY}",
            "DATABASE_URL": "postgresql://u:topsecret@h/d",
            "DATABASE_ADMIN_URL": "postgresql://u:topsecret@h/d",
            "REDIS_URL": "redis://:topsecret@h",
            "SMTP_URL": "smtp://u:topsecret@h",
            "SMS_URL": "https://sms.example/send?token=topsecret",
            "SENTRY_DSN": "https://topsecret@sentry.example/1",
        }
    )
    assert "topsecret" not in repr(settings)
    assert KEY not in repr(settings)
    assert repr(bytes(range(32)))[2:20] not in repr(settings)


def test_nothing_set_is_a_development_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings.data_dir == tmp_path / ".yunfan"
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert not settings.is_production
    assert settings.database_url is None


def test_an_empty_variable_counts_as_unset(tmp_path: Path):
    settings = Settings.from_env({"YUNFAN_DATA": str(tmp_path), "DATABASE_URL": "", "YUNFAN_PORT": " "})
    assert settings.database_url is None
    assert settings.port == 8000


def test_the_development_key_is_made_once_and_private(tmp_path: Path):
    first = Settings.from_env({"YUNFAN_DATA": str(tmp_path)})
    second = Settings.from_env({"YUNFAN_DATA": str(tmp_path)})
    assert first.keys[0].secret == second.keys[0].secret
    assert len(first.keys[0].secret) == 32
    assert os.stat(tmp_path / "keys").st_mode & 0o777 == 0o600


def test_the_ring_keeps_its_order():
    other = base64.b64encode(bytes(range(32, 64))).decode()
    assert [key.id for key in parse_keys(f"new:{other}, old:{KEY}")] == ["new", "old"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("+16d", 1_382_400), ("-3h", -10_800), ("90m", 5_400), ("1d12h", 129_600), ("2w", 1_209_600)]
)
def test_clock_offsets(text: str, seconds: int):
    assert parse_clock_offset(text) == seconds


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://me:p%40ss@mail.example", 25, False, False),
        ("smtp://me:p%40ss@mail.example?starttls=1", 587, True, False),
        ("smtps://me:p%40ss@mail.example", 465, False, True),
    ],
)
def test_smtp(url: str, port: int, starttls: bool, tls: bool, tmp_path: Path):
    smtp = Settings.from_env({"YUNFAN_DATA": str(tmp_path), "SMTP_URL": url}).smtp
    assert smtp is not None
    assert (smtp.host, smtp.port, smtp.starttls, smtp.tls) == ("mail.example", port, starttls, tls)
    assert (smtp.username, smtp.password) == ("me", "p@ss")


def test_the_mail_servers_url_is_kept_but_never_shown(tmp_path: Path):
    settings = Settings.from_env({"YUNFAN_DATA": str(tmp_path), "SMTP_URL": "smtp://me:p%40ss@mail.example"})
    assert settings.smtp_url == "smtp://me:p%40ss@mail.example"
    assert "p%40ss" not in repr(settings)


@pytest.mark.parametrize("size", [16, 31, 33, 48])
def test_a_key_of_another_size_than_the_ring_takes_is_refused(size: int):
    with pytest.raises(SettingsError):
        parse_keys(f"a:{base64.b64encode(bytes(range(size))).decode()}")
