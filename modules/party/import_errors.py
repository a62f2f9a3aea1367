"""Why a row of an import is refused."""

from __future__ import annotations

from values.errors import Kind, Refusal


class MatchAmbiguous(Refusal):
    code, kind = "IMPORT_MATCH_AMBIGUOUS", Kind.CONFLICT
    zh, en = "有 {count} 条记录都叫“{name}”，无法确定更新哪一条。", "{count} records are called {name}."
    remedy_zh, remedy_en = "请在文件中填写编码或电话加以区分。", "Tell them apart by code or phone in the file."


class CodeTaken(Refusal):
    code, kind = "IMPORT_CODE_TAKEN", Kind.CONFLICT
    zh, en = "编码“{code}”已被您无权查看的记录使用。", "The code {code} belongs to a record that is not yours to see."
    remedy_zh, remedy_en = "请换一个编码，或联系管理员。", "Choose another code, or ask an admin."


class InRecycleBin(Refusal):
    code, kind = "IMPORT_IN_RECYCLE_BIN", Kind.CONFLICT
    zh, en = "编码“{code}”的记录在回收站中。", "The record with the code {code} is in the recycle bin."
    remedy_zh, remedy_en = "请先恢复该记录，或换一个编码。", "Restore it first, or choose another code."


class CodeErased(Refusal):
    code, kind = "IMPORT_CODE_ERASED", Kind.CONFLICT
    zh, en = "编码“{code}”属于资料已擦除的客户，不能再用。", "The code {code} belongs to a customer who was erased."
    remedy_zh, remedy_en = "请换一个编码。", "Choose another code."


class OwnerUnknown(Refusal):
    code = "IMPORT_OWNER_UNKNOWN"
    zh, en = "找不到在职成员“{name}”。", "No active member is called {name}."
    remedy_zh, remedy_en = "请填写成员姓名或登录账号，或留空。", "Give a member's name or account, or leave it empty."


class OwnerAmbiguous(Refusal):
    code = "IMPORT_OWNER_AMBIGUOUS"
    zh, en = "有 {count} 位成员叫“{name}”。", "{count} members are called {name}."
    remedy_zh, remedy_en = "请填写登录账号。", "Give the account instead."


class OwnerStays(Refusal):
    code, kind = "IMPORT_OWNER_STAYS", Kind.CONFLICT
    zh, en = "导入不会改变已有记录的负责人。", "An import does not reassign records that exist."
    remedy_zh, remedy_en = "请使用“转移负责人”，或清空该单元格。", "Use “assign”, or empty the cell."


class ReferenceUnknown(Refusal):
    code = "IMPORT_REFERENCE_UNKNOWN"
    zh, en = "找不到“{name}”，或您无权查看。", "{name} does not exist or is not yours to see."
    remedy_zh, remedy_en = (
        "请核对名称或编码；先导入被引用的记录。",
        "Check the name or code; import what it refers to first.",
    )


class ReferenceAmbiguous(Refusal):
    code = "IMPORT_REFERENCE_AMBIGUOUS"
    zh, en = "有 {count} 条记录叫“{name}”。", "{count} records are called {name}."
    remedy_zh, remedy_en = "请改填编码。", "Give the code instead."


class TagMissing(Refusal):
    code = "IMPORT_TAG_UNKNOWN"
    zh, en = "没有标签“{name}”。", "There is no tag {name}."
    remedy_zh, remedy_en = "请先新建该标签，或从文件中去掉。", "Create the tag first, or remove it from the file."


class OwnerFollows(Refusal):
    code, kind = "IMPORT_OWNER_FOLLOWS", Kind.CONFLICT
    zh, en = "联系人的负责人就是所属客户的负责人。", "A contact belongs to the owner of its customer."
    remedy_zh, remedy_en = "请清空该单元格，或移交所属客户。", "Empty the cell, or assign the customer."


class ContactTwice(Refusal):
    code, kind = "IMPORT_CONTACT_TWICE", Kind.CONFLICT
    zh, en = "该客户的联系人“{name}”在文件中出现了两次。", "The file holds {name} twice for this customer."
    remedy_zh, remedy_en = "请合并这两行。", "Make one row of the two."
