"""The one row that says where the company stands."""

from __future__ import annotations

from sqlalchemy import select

from kernel.context import Context
from tenants.entities import TenantAccess
from values.errors import NotFound, Words


async def lock_access(ctx: Context) -> TenantAccess:
    """The company's access row, locked until the commit. Raises NotFound for a tenant that was never founded."""
    found = await ctx.session.scalar(
        select(TenantAccess)
        .where(TenantAccess.tenant_id == ctx.tenant_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if not isinstance(found, TenantAccess):
        raise NotFound(field="tenantId", entity=Words("公司", "company"))
    return found
