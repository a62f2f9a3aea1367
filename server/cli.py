"""`yunfan`: the command line. Each command is a thin door; a failure is one sentence and an exit code other than 0."""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from infra.errors import InfraError
from infra.settings import Settings

if TYPE_CHECKING:
    from server.parts import Application

ResultT = TypeVar("ResultT")


class Lang(Enum):
    """What `--lang` takes."""

    ZH = "zh"
    EN = "en"


def _group(help_text: str) -> typer.Typer:
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )


app = _group("云帆：多租户客户与业务管理服务。 Yunfan: multi-tenant customer and business management.")
sync_app = _group("离线同步。 Offline sync.")
tenant_app = _group("租户。 Companies.")
billing_app = _group("订阅与试用。 Subscriptions and trials.")
maintenance_app = _group("只读维护开关。 The read-only maintenance switch.")
keys_app = _group("密钥环。 The key ring.")
for _name, _sub in (
    ("sync", sync_app),
    ("tenant", tenant_app),
    ("billing", billing_app),
    ("maintenance", maintenance_app),
    ("keys", keys_app),
):
    app.add_typer(_sub, name=_name)

TenantArgument = Annotated[str, typer.Argument(metavar="TENANT", help="组织号、编号或唯一名称 code, id or unique name")]
UntilOption = Annotated[str, typer.Option("--until", metavar="DATE", help="最后一天 the last day, YYYY-MM-DD")]


@app.command()
def up() -> None:
    """在本机启动全部服务。 Start everything on this machine."""
    from server import logging
    from server.up import run_up

    settings = Settings.from_env()
    logging.configure(_quieter(settings.log_level), as_json=False)
    raise typer.Exit(run_up(settings))


@app.command()
def serve() -> None:
    """启动 HTTP 服务。 Serve HTTP requests."""
    from infra.embedded import port_is_free
    from server import logging
    from server.failures import OperatorError

    settings = Settings.from_env()
    if not port_is_free(settings.host, settings.port):
        raise OperatorError(
            f"Port {settings.port} is taken by another program: set YUNFAN_PORT to a free one.",
            f"端口 {settings.port} 已被其他程序占用：请将 YUNFAN_PORT 设为空闲端口。",
        )
    logging.configure(settings.log_level, as_json=True)
    import uvloop

    from server.app import serve as serve_requests
    from server.operations import bound

    _monitored(settings)
    with bound(settings) as complete:
        uvloop.run(serve_requests(complete))


@app.command()
def worker() -> None:
    """启动后台任务进程。 Run background jobs."""
    from server import logging

    settings = Settings.from_env()
    logging.configure(settings.log_level, as_json=True)
    import uvloop

    from server.operations import bound
    from server.worker import run_worker

    _monitored(settings)
    with bound(settings) as complete:
        uvloop.run(run_worker(complete))


@app.command()
def migrate(
    sql: Annotated[
        bool, typer.Option("--sql", help="只输出 SQL，不连接数据库 print the SQL, connect to nothing")
    ] = False,
) -> None:
    """升级数据库结构。 Bring the database to this version's schema."""
    from infra.services import open_services
    from server import migrate as migration

    if sql:
        typer.echo(migration.as_sql())
        return
    with open_services(Settings.from_env()) as services:
        migration.migrate(services.urls.admin)
    typer.echo(f"数据库已是最新结构 The database is at revision {migration.head()}.")


@app.command()
def demo() -> None:
    """数据库为空时填入演示数据。 Fill an empty database with the demo world."""
    from infra.services import open_services
    from server.demo import fill_if_empty
    from server.migrate import migrate as run_migrations
    from server.up import welcome

    settings = Settings.from_env()
    with open_services(settings) as services:
        run_migrations(services.urls.admin)
        sign_ins = asyncio.run(fill_if_empty(services.bind(settings)))
    typer.echo(
        welcome(settings, sign_ins) if sign_ins else "数据库不为空，未改动。 The database is not empty; nothing done."
    )


@app.command()
def explain(
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="例如 e.g. party.Customer, Customer")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON print the same as data")] = False,
    lang: Annotated[Lang | None, typer.Option("--lang", help="语言 the language; else the terminal's")] = None,
) -> None:
    """列出一个实体派生的一切。 Show everything that derives from an entity."""
    import json

    from server.explaining import explained, lines
    from server.failures import language

    spoken = language() if lang is None else {Lang.ZH: "zh-CN", Lang.EN: "en"}[lang]
    if as_json:
        typer.echo(json.dumps(explained(entity, spoken), ensure_ascii=False, indent=2))
        return
    for line in lines(entity, spoken):
        typer.echo(line)


@app.command()
def schema(check: Annotated[bool, typer.Option("--check", help="只比较 compare, write nothing")] = False) -> None:
    """生成 schema.graphql 等文件。 Write graphql/schema.graphql and the other derived files, or compare them."""
    from graphql_api.web_operations import DocumentUnfit
    from server.failures import OperatorError
    from server.generated import outdated, write

    try:
        if not check:
            for path in write():
                typer.echo(path)
            return
        stale = outdated()
    except DocumentUnfit as unfit:
        raise OperatorError(
            f"A document in graphql/operations/ does not fit the schema: {unfit}",
            f"graphql/operations/ 中的文档与接口不符：{unfit}",
        ) from None
    if stale:
        names = ", ".join(stale)
        raise OperatorError(
            f"Out of date: {names}; run yunfan schema and review the diff.",
            f"已过期：{names}；请运行 yunfan schema 并检查差异。",
        )


@sync_app.command("verify")
def sync_verify(
    tenant: Annotated[str | None, typer.Argument(metavar="[TENANT]", help="省略则检查全部 all when left out")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="修复发现的问题 repair what is found")] = False,
) -> None:
    """核对变更日志与数据。 Compare the change log with the rows."""
    from server.failures import OperatorError
    from server.operations import verify

    results = _with_application(lambda built: verify(built, tenant, repair=repair))
    total = 0
    for name, findings in results:
        total += len(findings)
        for finding in findings:
            typer.echo(f"{name}  {finding.entity}  {finding.row_id}  {finding.problem}")
    if total and not repair:
        raise OperatorError(
            f"{total} rows differ from the change log: run yunfan sync verify --repair.",
            f"{total} 行与变更日志不一致：请运行 yunfan sync verify --repair。",
        )
    told = f"已修复 {total} 行 repaired {total} rows" if repair else "一致 in order"
    typer.echo(f"{len(results)} 家公司 companies: {told}")


@sync_app.command("new-epoch")
def sync_new_epoch(
    tenant: Annotated[str | None, typer.Argument(metavar="[TENANT]", help="恢复的公司 the restored company")] = None,
    every: Annotated[bool, typer.Option("--all", help="全部公司 every company")] = False,
    numbers: Annotated[
        int,
        typer.Option(
            "--pass-over",
            min=0,
            help="每个编号系列跳过的号数 document numbers of each series that nobody is given again",
        ),
    ] = 1_000,
) -> None:
    """恢复备份后开始新的同步纪元。 Begin a new sync epoch after a restore from a backup."""
    from server.failures import OperatorError
    from server.operations import new_epoch

    if (tenant is None) != every:
        raise OperatorError(
            "Name the restored company, or say --all when the whole database was restored.",
            "请指明恢复的公司；如果恢复了整个数据库，请用 --all。",
        )
    for name in _with_application(lambda built: new_epoch(built, tenant, numbers)):
        typer.echo(f"{name}: 新的同步纪元 a new sync epoch")


@tenant_app.command("list")
def tenant_list() -> None:
    """列出所有公司。 List all companies."""
    from server.operations import list_tenants

    for line in _with_application(list_tenants):
        until = line.ends_at.date().isoformat() if line.ends_at is not None and line.ends_at.year < 9999 else "-"
        typer.echo(f"{line.org_code}  {line.id}  {line.rung:<9}  {until:<10}  {line.name}")


@tenant_app.command("export")
def tenant_export(
    tenant: TenantArgument, file: Annotated[Path, typer.Argument(metavar="FILE", help="目标 zip 文件 the zip to write")]
) -> None:
    """导出一家公司的全部数据，不受字段隐藏限制。 Export all data of a company as one zip, masked fields included."""
    from server.operations import export_tenant

    name = _with_application(lambda built: export_tenant(built, tenant, file))
    typer.echo(f"{name}: {file} ({file.stat().st_size} bytes)")


@tenant_app.command("numbers")
def tenant_numbers(tenant: TenantArgument) -> None:
    """核对一家公司的单据编号：每个号的去向，断号及原因。 Prove what became of every document number of a company."""
    from server.failures import OperatorError
    from server.operations import numbers_of

    name, evidence = _with_application(lambda built: numbers_of(built, tenant))
    for found in evidence:
        typer.echo(
            f"{found.key}  {found.prefix}  1-{found.last}  已使用 used {found.used}  已作废 voided {found.voided}  "
            f"未使用 outstanding {found.outstanding}  原因不明 unexplained {found.unexplained}"
        )
        for gap in found.gaps:
            typer.echo(f"  {gap.first}-{gap.last}  {gap.why}  {gap.reason or ''}".rstrip())
    missing = sum(found.unexplained for found in evidence)
    if missing:
        raise OperatorError(
            f"{missing} numbers of {name} are unexplained: somebody wrote to the database past the product.",
            f"{name} 有 {missing} 个编号去向不明：有人绕过本系统改过数据库。",
        )
    typer.echo(f"{name}: 一致 in order")


@billing_app.command("activate")
def billing_activate(
    tenant: TenantArgument,
    until: UntilOption,
    modules: Annotated[
        str | None, typer.Option("--modules", metavar="A,B", help="省略则为全部模块 all modules when left out")
    ] = None,
) -> None:
    """开通订阅。 Activate a company's subscription."""
    from server.operations import activate

    name, chosen, _ = _with_application(lambda built: activate(built, tenant, until, modules))
    typer.echo(f"{name}: {', '.join(chosen)}, 至 until {until}")


@billing_app.command("requests")
def billing_requests() -> None:
    """各公司申请开通的模块。 The modules that companies have asked for."""
    from server.operations import module_requests

    for code, name, module, at in _with_application(module_requests):
        typer.echo(f"{at:%Y-%m-%d %H:%M}Z  {code}  {name}  {module}")


@billing_app.command("extend-trial")
def billing_extend_trial(tenant: TenantArgument, until: UntilOption) -> None:
    """延长试用。 Extend a company's trial."""
    from server.operations import extend

    name, _ = _with_application(lambda built: extend(built, tenant, until))
    typer.echo(f"{name}: 至 until {until}")


@maintenance_app.command("on")
def maintenance_on(
    reason_zh: Annotated[str, typer.Option("--reason-zh", help="中文原因 the reason in Chinese")],
    reason_en: Annotated[str, typer.Option("--reason-en", help="英文原因 the reason in English")],
) -> None:
    """全部租户转为只读。 Make every company read-only."""
    from server.operations import switch_maintenance

    _with_application(lambda built: switch_maintenance(built, (reason_zh, reason_en)))
    typer.echo("已转为只读 The service is read-only.")


@maintenance_app.command("off")
def maintenance_off() -> None:
    """恢复写入。 Let companies write again."""
    from server.operations import switch_maintenance

    _with_application(lambda built: switch_maintenance(built, None))
    typer.echo("已恢复写入 The service takes changes again.")


@keys_app.command("new")
def keys_new(key_id: Annotated[str, typer.Argument(metavar="ID", help="例如 e.g. 2026b")]) -> None:
    """生成一个新密钥。 Print a fresh key for YUNFAN_KEYS."""
    from values.keyring import KeyRing

    typer.echo(KeyRing.new_entry(key_id))


@keys_app.command("rotate")
def keys_rotate() -> None:
    """把新密钥放到密钥环最前。 Put a fresh key in front of the ring."""
    from server.key_file import rotate

    typer.echo(rotate(Settings.from_env()))


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def psql(
    arguments: Annotated[list[str] | None, typer.Argument(help="转交 psql 的参数 what psql itself is told")] = None,
    role: Annotated[str, typer.Option("--role", help="app、platform 或 provision")] = "app",
) -> None:
    """以服务所用的角色打开 psql。 Open psql as a role that serves requests."""
    from server.operations import bound
    from server.psql import run_psql

    with bound(Settings.from_env()) as complete:
        raise typer.Exit(run_psql(complete, role, arguments or []))


def _with_application(work: Callable[[Application], Awaitable[ResultT]]) -> ResultT:
    """Runs `work` on the parts, beside a running `up` or without one."""
    from server import logging

    settings = Settings.from_env()
    logging.configure(_quieter(settings.log_level), as_json=False)
    from server.operations import application, bound

    async def run(complete: Settings) -> ResultT:
        async with application(complete) as built:
            return await work(built)

    with bound(settings) as complete:
        return asyncio.run(run(complete))


def _quieter(level: str) -> str:
    """A person at a terminal wants problems, not every step, unless they asked for more."""
    return "ERROR" if level == "INFO" else level


def _monitored(settings: Settings) -> None:
    from importlib.metadata import version

    from server import monitoring

    monitoring.configure(settings, release=version("yunfan"))


def main() -> None:
    """The entry point. YUNFAN_DEBUG=1 shows tracebacks."""
    debug = os.environ.get("YUNFAN_DEBUG", "") not in ("", "0")
    try:
        code = app(standalone_mode=False)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as wrong:  # noqa: BLE001 - whatever it is, a person reads one sentence
        if debug:
            traceback.print_exc()
        sys.exit(_report(wrong))
    sys.exit(code if isinstance(code, int) else 0)


def _report(wrong: Exception) -> int:
    if isinstance(wrong, InfraError):
        sys.stderr.write(f"{' '.join(wrong.sentence().split())}\n")
        return 1
    told = getattr(wrong, "format_message", None)
    if callable(told):  # click's own: a wrong option or argument
        sys.stderr.write(f"{' '.join(str(told()).split())} (--help)\n")
        return 2
    from server.failures import sentence

    sys.stderr.write(f"{sentence(wrong)}\n")
    return 1


if __name__ == "__main__":
    main()
