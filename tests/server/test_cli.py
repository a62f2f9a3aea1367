"""The command line in real processes: every command helps, every failure is one sentence."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from kernel.entity import Entity
from server import explaining
from server.cli import app as command_line
from server.failures import OperatorError
from tests.infra_services import Services

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("YUNFAN", "DATABASE", "REDIS"))}
    return subprocess.run(
        [sys.executable, "-m", "server.cli", *arguments],
        cwd=ROOT,
        env={**clean, "LC_ALL": "C.UTF-8", **environ},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def serving(services: Services, data: Path) -> dict[str, str]:
    return {
        "YUNFAN_DATA": str(data),
        "DATABASE_URL": services.urls.app,
        "DATABASE_PLATFORM_URL": services.urls.platform,
        "DATABASE_PROVISION_URL": services.urls.provision,
        "REDIS_URL": services.redis_url,
    }


def every_command() -> list[tuple[str, ...]]:
    root = typer.main.get_command(command_line)
    found: list[tuple[str, ...]] = [()]
    for name, command in root.commands.items():
        found.append((name,))
        found += [(name, inner) for inner in getattr(command, "commands", {})]
    return found


def test_the_contracts_commands_are_all_there():
    wanted = {"up", "serve", "worker", "migrate", "demo", "explain", "sync verify", "tenant export", "schema"}
    assert wanted <= {" ".join(path) for path in every_command()}


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_help_speaks_both_languages(path: tuple[str, ...]):
    done = run(*path, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout
    assert any("\u4e00" <= character <= "\u9fff" for character in done.stdout)
    assert "--help" in done.stdout


def test_a_wrong_option_is_one_sentence():
    refused(run("migrate", "--nonsense"), "--nonsense")
    refused(run("nonsense"), "nonsense")
    refused(run("billing", "activate"), "TENANT")


def test_an_unknown_entity_is_told_without_any_database():
    refused(run("explain", "party.Custommer"), "'party.Custommer'", "did you mean party.Customer?")
    refused(run("explain", "Contct"), "party.Contact")
    refused(run("explain", "x"), "there are catalog.Product, crm.Activity, inventory.")
    refused(run("explain", "x", LC_ALL="zh_CN.UTF-8"), "没有实体“x”，现有 catalog.Product、crm.Activity、inventory.")
    refused(run("explain", "Custmer", LC_ALL="zh_CN.UTF-8"), "是否指 party.Customer", "？")
    refused(run("explain", "party.Customer", "--lang", "fr"), "--lang")


def test_a_short_name_that_two_entities_have_must_be_written_out(monkeypatch):
    twins = [type("Tag", (), {"__entity__": Entity(name, "标签", "Tag", name.lower())}) for name in ("a.Tag", "b.Tag")]
    monkeypatch.setattr(explaining, "entities", lambda: iter(twins))
    with pytest.raises(OperatorError) as caught:
        explaining.find("tag")
    assert "a.Tag, b.Tag" in caught.value.en
    assert "a.Tag、b.Tag" in caught.value.zh
    assert explaining.find("B.tag") is twins[1]


def test_explain_prints_every_room_for_people_and_for_programs():
    chinese, english = run("explain", "customer", "--lang", "zh"), run("explain", "party.Customer", "--lang", "en")
    assert (chinese.returncode, english.returncode) == (0, 0)
    for room in ("[kernel]", "[tenants]", "[exchange]", "[graphql_api]", "[sync]"):
        assert room in chinese.stdout
        assert room in english.stdout
    assert chinese.stdout.startswith("party.Customer  客户  modules/party/entities.py:")
    assert english.stdout.startswith("party.Customer  Customer  modules/party/entities.py:")
    data = json.loads(run("explain", "Customer", "--json", "--lang", "zh").stdout)
    assert (data["name"], data["label"]) == ("party.Customer", "客户")
    assert ("tagIds", "add_remove") in {(row["wire"], row["merge"]) for row in data["rooms"]["sync"]["fields"]}
    assert "客户名称" in {row["label"] for row in data["rooms"]["exchange"]["exportColumns"]}
    assert json.loads(run("explain", "Customer", "--json", LC_ALL="zh_CN.UTF-8").stdout) == data


def test_a_taken_port(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taker:
        port = str(taker.getsockname()[1])
        for command in ("up", "serve"):
            refused(run(command, YUNFAN_DATA=str(tmp_path), YUNFAN_PORT=port), port, "YUNFAN_PORT")


def test_an_unreachable_database_or_redis(tmp_path: Path, services: Services):
    environ = serving(services, tmp_path)
    nowhere = "postgresql://u:topsecret@127.0.0.1:1/yunfan"
    for command in (("tenant", "list"), ("worker",)):
        done = run(*command, **{**environ, "DATABASE_URL": nowhere})
        refused(done, "127.0.0.1:1", "DATABASE_URL")
        assert "topsecret" not in done.stderr + done.stdout
    refused(run("migrate", YUNFAN_DATA=str(tmp_path), DATABASE_URL=nowhere), "127.0.0.1:1")
    refused(
        run("migrate", YUNFAN_DATA=str(tmp_path), DATABASE_URL=nowhere, REDIS_URL="redis://127.0.0.1:1"), "REDIS_URL"
    )


def test_serving_as_the_admin_is_refused(tmp_path: Path, services: Services):
    environ = {**serving(services, tmp_path), "DATABASE_URL": services.urls.admin}
    refused(run("worker", **environ), "DATABASE_URL", "row-level security")


def test_an_unknown_tenant(tmp_path: Path, services: Services):
    environ = serving(services, tmp_path)
    refused(run("tenant", "export", "没有这家", str(tmp_path / "x.zip"), **environ), "没有这家", "tenant list")
    refused(run("billing", "extend-trial", "nobody", "--until", "2027-01-01", **environ), "nobody")
    assert not (tmp_path / "x.zip").exists()


def test_maintenance_on_and_off(tmp_path: Path, services: Services):
    environ = serving(services, tmp_path)
    try:
        assert run("maintenance", "on", "--reason-zh", "升级", "--reason-en", "upgrade", **environ).returncode == 0
    finally:
        assert run("maintenance", "off", **environ).returncode == 0


def test_a_new_epoch_is_for_a_company_that_is_named_or_for_all(tmp_path: Path, services: Services):
    environ = serving(services, tmp_path)
    refused(run("sync", "new-epoch", **environ), "--all")
    refused(run("sync", "new-epoch", "nobody", "--all", **environ), "--all")
    refused(run("sync", "new-epoch", "没有这家", **environ), "没有这家", "tenant list")
    assert run("sync", "new-epoch", "--all", **environ).returncode == 0


def test_migrations_as_sql_need_no_database(tmp_path: Path):
    done = run("migrate", "--sql", YUNFAN_DATA=str(tmp_path), DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert done.returncode == 0
    assert "CREATE POLICY tenant_wall" in done.stdout


def test_keys_rotate_in_front_and_keep_the_old(tmp_path: Path):
    refused(run("keys", "rotate", YUNFAN_DATA=str(tmp_path), YUNFAN_KEYS=run("keys", "new", "a").stdout), "YUNFAN_KEYS")
    assert run("keys", "rotate", YUNFAN_DATA=str(tmp_path)).returncode == 0  # the first start made the first key
    before = (tmp_path / "keys").read_text().strip()
    assert run("keys", "rotate", YUNFAN_DATA=str(tmp_path)).returncode == 0
    after = (tmp_path / "keys").read_text().strip()
    assert after.endswith(f",{before}")
    assert len(after.split(",")) == 3
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    refused(run("keys", "new", "bad id"), "key id")


def test_psql_refuses_a_role_that_does_not_serve(services: Services, tmp_path: Path):
    refused(run("psql", "--role", "postgres", **serving(services, tmp_path)), "--role")


def test_psql_shows_what_the_wall_shows(services: Services, tmp_path: Path):
    asked = "SELECT current_user, count(*) FROM app.customer"
    done = run("psql", "-At", "-c", asked, **serving(services, tmp_path))
    assert (done.returncode, done.stdout.strip()) == (0, "yunfan_app|0")
