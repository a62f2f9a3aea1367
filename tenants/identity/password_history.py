"""Earlier passwords may not come back: kept as argon2id hashes, as many as the strictest of a person's companies asks.

Nobody but the person themselves is told that a password was used before: an admin who sets an initial password is not
checked against the history, or they could guess at what their people used elsewhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Select, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tenants.errors import PasswordReused
from tenants.identity.parts import IdentityParts
from tenants.identity.passwords import PasswordWorkersBusy
from tenants.platform_tables import EarlierPassword
from values.errors import Busy
from values.ids import new_id


async def refuse_reused(parts: IdentityParts, user_id: UUID, password: str, count: int) -> None:
    """Raises PasswordReused when the password is one of the person's last `count` earlier ones; Busy.

    Verifies up to `count` hashes, one after the other on the password workers: a sign-in waits for one at most.
    """
    if count == 0:
        return
    wanted = _newest_first(user_id).with_only_columns(EarlierPassword.password_hash).limit(count)
    async with parts.engine.database.platform_session() as connection:
        earlier = list((await connection.execute(wanted)).scalars())
    try:
        reused = await parts.passwords.was_used_before(password, earlier)
    except PasswordWorkersBusy:
        raise Busy from None
    if reused:
        raise PasswordReused(field="newPassword", count=count)


async def remember_replaced(
    connection: AsyncConnection, user_id: UUID, password_hash: str | None, count: int, now: datetime
) -> None:
    """Keeps the hash that is being replaced, and of all earlier ones the newest `count`. The user's row is locked."""
    if password_hash is not None and count > 0:
        replaced = insert(EarlierPassword).values(
            id=new_id(), user_id=user_id, password_hash=password_hash, replaced_at=now
        )
        await connection.execute(replaced)
    kept = _newest_first(user_id).with_only_columns(EarlierPassword.id).limit(count)
    await connection.execute(
        delete(EarlierPassword).where(EarlierPassword.user_id == user_id, EarlierPassword.id.not_in(kept))
    )


def forgetting_earlier(user_id: UUID) -> Delete:
    """The statement that forgets them all: for whoever erases the person."""
    return delete(EarlierPassword).where(EarlierPassword.user_id == user_id)


def _newest_first(user_id: UUID) -> Select[Any]:
    mine = select(EarlierPassword).where(EarlierPassword.user_id == user_id)
    return mine.order_by(EarlierPassword.replaced_at.desc(), EarlierPassword.id.desc())
