"""How people call the permissions, derived from the entities and commands that declare them."""

from __future__ import annotations

from kernel.command import commands
from kernel.entity import described, entities
from tenants.default_roles import READ_AUDIT
from values.errors import Words

_ACTIONS = {
    "view": Words("查看{}", "view: {}"),
    "create": Words("新建{}", "create: {}"),
    "edit": Words("修改{}", "edit: {}"),
    "archive": Words("把{}移入回收站", "move to the recycle bin: {}"),
    "restore": Words("从回收站恢复{}", "restore from the recycle bin: {}"),
    "assign": Words("转交{}", "assign: {}"),
    "import": Words("导入{}", "import: {}"),
    "export": Words("导出{}", "export: {}"),
    "erase": Words("擦除{}资料", "erase the data of: {}"),
    "log": Words("填写{}", "log: {}"),
    "manage": Words("管理{}", "manage: {}"),
    "invite": Words("邀请{}", "invite: {}"),
    "sign_out": Words("强制{}下线", "sign out: {}"),
    "revoke": Words("吊销{}", "revoke: {}"),
    "wipe": Words("远程擦除{}", "wipe: {}"),
    "resolve": Words("处理{}", "resolve: {}"),
    "lease": Words("领用{}", "lease: {}"),
    "close": Words("关闭{}", "close: {}"),
    "void": Words("作废{}", "void: {}"),
    "record": Words("登记{}", "record: {}"),
    "post": Words("过账{}", "post: {}"),
    "confirm": Words("确认{}", "confirm: {}"),
    "deliver": Words("{}出库", "deliver: {}"),
    "cancel": Words("取消{}", "cancel: {}"),
    "share": Words("共享{}", "share: {}"),
    "pack": Words("登记{}装箱数量", "pack: {}"),
}


def permission_names() -> dict[str, Words]:
    """Permission → name, for every permission that the loaded rooms declare."""
    names = {READ_AUDIT: Words("查看审计记录", "view: audit trail")}
    for entity in entities():
        about = described(entity)
        for action in about.actions:
            called = _ACTIONS[action]
            # Lines share the rights of their document, which comes before them by name.
            words = Words(called.zh.format(about.zh), called.en.format(about.en.lower()))
            names.setdefault(f"{about.permission}.{action}", words)
    for command in commands():
        if command.permission:
            names.setdefault(command.permission, Words(command.zh, command.en))
    return names
