"""A company from sign-up to a reconciled offline edit, through the real doors of a running product.

The steps are those of the README: whoever changes one changes the other.
"""

from __future__ import annotations

import base64
import io
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from sync.client import Replica
from tests.scenarios.product import Product, Refused, running

PASSWORD = "Longjing-Tide-1937"
CUSTOMERS_CSV = """客户名称,客户编码,客户级别,所在地区,电话,邮箱
杭州西湖茶业有限公司,HZ001,A 级（重点）,浙江,0571-88001234,tea@westlake.example
宁波海曙五金厂,NB002,B 级（重要）,浙江,13800138000,
重庆山城火锅连锁,CQ003,C 级（普通）,重庆,023-63801111,=cmd|' /C calc'!A0
没有编码的客户,,,广东,,
"""


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="yunfan-story-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def test_one_company_from_sign_up_to_export(data_dir: Path, tmp_path: Path) -> None:
    with running(data_dir) as product:
        strangers_are_refused(product)
        the_operator_sees_the_status(product)
        admin, member_id, org_code = sign_up(product)
        seller = invite_a_salesperson(product, admin)
        customers = import_customers(product, admin)
        hand_over(product, admin, seller, customers["杭州西湖茶业有限公司"])
        first, second = edit_offline_and_reconcile(product, admin, seller, tmp_path, customers)
        reassigned_customers_leave(product, admin, member_id, seller, first, customers)
        the_audit_knows(product, admin, customers["杭州西湖茶业有限公司"])
        without_a_tenant_no_row_is_visible(data_dir)
        first.close()
        second.close()
    with running(data_dir, YUNFAN_CLOCK="+17d") as product:
        after_the_trial(product, admin, org_code, tmp_path)


def strangers_are_refused(product: Product) -> None:
    for document in ("{ me { userId } }", "{ customers(first: 1) { totalCount } }"):
        with pytest.raises(Refused) as refused:
            product.graphql(document)
        assert refused.value.codes == ["NOT_SIGNED_IN"]
    assert httpx.post(f"{product.url}/sync/v1/pull", json={}).status_code in (401, 422)


def the_operator_sees_the_status(product: Product) -> None:
    token = (product.data_dir / "status-token").read_text().strip()
    status = f"{product.url}/ops/status"
    assert httpx.get(status, headers={"Authorization": f"Bearer {token}x"}).status_code == 403
    told = httpx.get(status, headers={"Authorization": f"Bearer {token}"}).json()
    assert told["parts"]["database"] == "ok"


def sign_up(product: Product) -> tuple[str, str, str]:
    made = product.graphql(
        """mutation ($input: SignUpInput!) { signUp(input: $input) {
             token trialEndsAt tenant { name orgCode } member { id } } }""",
        input={
            "companyName": "钱塘贸易有限公司",
            "email": "owner@qiantang.example",
            "password": PASSWORD,
            "adminName": "周老板",
        },
    )["signUp"]
    assert made["tenant"]["name"] == "钱塘贸易有限公司"
    mine = product.graphql("{ myTenants { name } }", made["token"])["myTenants"]
    assert [tenant["name"] for tenant in mine] == ["钱塘贸易有限公司"]
    return made["token"], made["member"]["id"], made["tenant"]["orgCode"]


def invite_a_salesperson(product: Product, admin: str) -> str:
    roles = product.graphql("{ roles(first: 20) { edges { node { id key } } } }", admin)["roles"]["edges"]
    salesperson = next(edge["node"]["id"] for edge in roles if edge["node"]["key"] == "salesperson")
    product.graphql(
        "mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { __typename } }",
        admin,
        input={"name": "小吴", "email": "wu@qiantang.example", "roleIds": [salesperson], "scope": "own"},
    )
    accepted = product.graphql(
        "mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { token } }",
        input={"token": product.link_token("wu@qiantang.example"), "password": "Liuhe-Pagoda-970"},
    )
    return str(accepted["acceptInvitation"]["token"])


def import_customers(product: Product, admin: str) -> dict[str, str]:
    document = """mutation ($file: FileInput!, $dryRun: Boolean!) {
        importCustomers(file: $file, dryRun: $dryRun) {
            rows created updated unchanged bad problems { row column code message } } }"""
    encoded = base64.b64encode(CUSTOMERS_CSV.encode("gb18030")).decode()
    file = {"name": "客户.csv", "contentBase64": encoded}
    rehearsed = product.graphql(document, admin, file=file, dryRun=True)["importCustomers"]
    assert (rehearsed["rows"], rehearsed["bad"]) == (4, 1)
    assert rehearsed["problems"][0]["row"] == 4
    assert product.graphql("{ customers(first: 1) { totalCount } }", admin)["customers"]["totalCount"] == 0
    done = product.graphql(document, admin, file=file, dryRun=False)["importCustomers"]
    assert (done["created"], done["bad"]) == (3, 1)
    again = product.graphql(document, admin, file=file, dryRun=False)["importCustomers"]
    assert (again["created"], again["unchanged"]) == (0, 3)
    edges = product.graphql("{ customers(first: 50) { edges { node { id name } } } }", admin)["customers"]["edges"]
    found = product.graphql('{ search(text: "xihu") { title } }', admin)["search"]
    assert [hit["title"] for hit in found] == ["杭州西湖茶业有限公司"]
    return {edge["node"]["name"]: edge["node"]["id"] for edge in edges}


def hand_over(product: Product, admin: str, seller: str, customer_id: str) -> None:
    assert product.graphql("{ customers(first: 9) { totalCount } }", seller)["customers"]["totalCount"] == 0
    assert (
        product.graphql("query ($id: ID!) { customer(id: $id) { name } }", seller, id=customer_id)["customer"] is None
    )
    seller_id = product.graphql("{ me { member { id } } }", seller)["me"]["member"]["id"]
    product.graphql(
        "mutation ($input: AssignCustomerInput!) { assignCustomer(input: $input) { id } }",
        admin,
        input={"id": customer_id, "ownerId": seller_id},
    )
    assert product.graphql("{ customers(first: 9) { totalCount } }", seller)["customers"]["totalCount"] == 1
    with pytest.raises(Refused) as refused:
        product.graphql(
            "mutation ($input: ArchiveCustomerInput!) { archiveCustomer(input: $input) { id } }",
            seller,
            input={"id": customer_id},
        )
    assert refused.value.codes == ["PERMISSION_DENIED"]


def edit_offline_and_reconcile(
    product: Product, admin: str, seller: str, tmp_path: Path, customers: dict[str, str]
) -> tuple[Replica, Replica]:
    tea = customers["杭州西湖茶业有限公司"]
    phone = Replica(tmp_path / "phone.db", product.url, seller)
    desk = Replica(tmp_path / "desk.db", product.url, admin)
    for replica, name in ((phone, "小吴的手机"), (desk, "老板的电脑")):
        replica.register(name)
        replica.sync()
    assert [row["name"] for row in phone.rows("customers")] == ["杭州西湖茶业有限公司"]
    assert len(desk.rows("customers")) == 3
    phone.mutate("party.edit_customer", id=tea, address="龙井路 1 号", level="b")
    desk.mutate("party.edit_customer", id=tea, industry="茶叶", level="c")
    made = phone.mutate("party.create_customer", name="地下室里认识的客户")
    assert phone.rows("customers", id=tea)[0]["level"] == "b", "visible at once, before any contact"
    desk.sync()
    phone.sync()
    desk.sync()
    merged = desk.rows("customers", id=tea)[0]
    assert (merged["address"], merged["industry"], merged["level"]) == ("龙井路 1 号", "茶叶", "c")
    assert phone.rows("customers", id=tea)[0] == merged
    (entry,) = phone.inbox()
    assert entry["differences"] == [{"field": "level", "base": "a", "mine": "b", "theirs": "c"}]
    phone.resolve(entry["id"], "mine")
    phone.sync()
    assert (phone.inbox(), phone.rows("customers", id=tea)[0]["level"]) == ([], "b")
    assert {row["id"] for row in desk.rows("customers")} >= {made}
    assert phone.pending() == desk.pending() == []
    assert phone.verify() == desk.verify() == []
    return phone, desk


def reassigned_customers_leave(
    product: Product, admin: str, member_id: str, seller: str, phone: Replica, customers: dict[str, str]
) -> None:
    tea = customers["杭州西湖茶业有限公司"]
    product.graphql(
        "mutation ($input: AssignCustomerInput!) { assignCustomer(input: $input) { id } }",
        admin,
        input={"id": tea, "ownerId": member_id},
    )
    phone.sync()
    assert [row["name"] for row in phone.rows("customers")] == ["地下室里认识的客户"]
    assert product.graphql("query ($id: ID!) { customer(id: $id) { name } }", seller, id=tea)["customer"] is None


def the_audit_knows(product: Product, admin: str, customer_id: str) -> None:
    entries = product.graphql(
        """query ($filter: AuditFilter) { auditEntries(first: 50, filter: $filter) {
             edges { node { command op before after deviceId member { name } } } } }""",
        admin,
        filter={"rowId": customer_id},
    )["auditEntries"]["edges"]
    commands = [edge["node"]["command"] for edge in entries]
    assert {"party.import_customers", "party.assign_customer", "party.edit_customer"} <= set(commands)
    offline = [edge["node"] for edge in entries if edge["node"]["deviceId"]]
    assert {node["member"]["name"] for node in offline} == {"小吴", "周老板"}


def without_a_tenant_no_row_is_visible(data_dir: Path) -> None:
    from infra.services import open_services
    from infra.settings import Settings

    with (
        open_services(Settings.from_env({"YUNFAN_DATA": str(data_dir)})) as services,
        psycopg.connect(services.urls.app) as connection,
    ):
        tables = connection.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns "
            "WHERE table_schema = 'app' AND column_name = 'tenant_id' AND table_name NOT LIKE 'audit_entry_%'"
        ).fetchall()
        assert len(tables) > 15
        for (table,) in tables:
            assert connection.execute(f"SELECT count(*) FROM app.{table}").fetchone() == (0,), table


def after_the_trial(product: Product, admin: str, org_code: str, tmp_path: Path) -> None:
    signed_in = product.graphql(
        "mutation ($input: SignInInput!) { signIn(input: $input) { token } }",
        input={"identifier": "owner@qiantang.example", "password": PASSWORD},
    )["signIn"]["token"]
    assert product.graphql("{ customers(first: 1) { totalCount } }", signed_in)["customers"]["totalCount"] == 4
    with pytest.raises(Refused) as refused:
        product.graphql('mutation { createCustomer(input: {name: "太晚了"}) { id } }', signed_in)
    assert refused.value.codes == ["SUBSCRIPTION_LAPSED"]
    assert refused.value.errors[0]["extensions"]["remedy"]
    link = product.graphql("mutation { exportData { path fileName } }", signed_in)["exportData"]
    answer = httpx.get(product.url + link["path"], headers={"Authorization": f"Bearer {signed_in}"}, timeout=60)
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert any("customer" in name for name in names)
    target = tmp_path / "company.zip"
    done = product.command("tenant", "export", org_code, str(target))
    assert done.returncode == 0, done.stderr
    assert zipfile.is_zipfile(target)
    late = Replica(tmp_path / "late.db", product.url, signed_in)
    late.register("迟到的设备")
    late.sync()
    late.mutate("party.create_customer", name="到期之后的客户")
    late.sync()
    (waiting,) = [entry for entry in late.inbox() if entry["state"] == "waiting"]
    assert waiting["code"] == "SUBSCRIPTION_LAPSED"
    subscribed = product.command("billing", "activate", org_code, "--until", "2099-12-31")
    assert subscribed.returncode == 0, subscribed.stderr
    _until_applied(late)
    late.close()


def _until_applied(late: Replica) -> None:
    """The worker applies what waited, soon after the company subscribed."""
    for _ in range(100):
        late.sync()
        waiting = [entry for entry in late.inbox() if entry["state"] == "waiting"]
        if not waiting and late.rows("customers", name="到期之后的客户"):
            return
        time.sleep(0.2)
    raise AssertionError(late.inbox())
