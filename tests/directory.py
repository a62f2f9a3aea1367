"""The platform's half of a company, which jobs by the clock go through."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert

from server.parts import Application
from tenants.platform_tables import Tenant


async def list_in_directory(app: Application, tenant_id: UUID, trial_ends_at: datetime | None = None) -> None:
    """The company as sign-up lists it; its trial ends in 15 days unless said otherwise."""
    now = app.engine.clock.now()
    async with app.engine.database.platform_session() as platform:
        await platform.execute(
            insert(Tenant).values(
                id=tenant_id,
                name="云帆贸易",
                org_code=str(tenant_id),
                zone="Asia/Shanghai",
                placement="main",
                created_at=now,
                suspended_at=None,
                trial_ends_at=trial_ends_at or now + timedelta(days=15),
            )
        )
