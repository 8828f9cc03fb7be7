"""Second factors in the database: sealed secrets of authenticator apps, and digests of recovery codes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from linnet.model.account import SecondFactor
from linnet.storage.account_tables import recovery_codes, second_factors


class SecondFactorRepository:
    """Second factors of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, user_id: int) -> SecondFactor | None:
        """The second factor of a user, confirmed or not."""
        row = self._connection.execute(select(second_factors).where(second_factors.c.user_id == user_id)).one_or_none()
        return None if row is None else SecondFactor(**row._asdict())

    def is_on(self, user_id: int) -> bool:
        """Whether a user has a second factor that counts."""
        on = select(second_factors.c.user_id).where(
            second_factors.c.user_id == user_id, second_factors.c.confirmed_at.is_not(None)
        )
        return self._connection.scalar(on) is not None

    def add(self, *, user_id: int, sealed_secret: bytes, created_at: datetime) -> None:
        """A second factor that does not count yet, in place of any former one."""
        self._connection.execute(delete(second_factors).where(second_factors.c.user_id == user_id))
        values = {"user_id": user_id, "sealed_secret": sealed_secret, "created_at": created_at, "last_step": 0}
        self._connection.execute(insert(second_factors).values(values))

    def confirm(self, user_id: int, at: datetime) -> None:
        """The second factor counts from now on."""
        self._connection.execute(update(second_factors).where(second_factors.c.user_id == user_id).values(confirmed_at=at))

    def use_step(self, user_id: int, step: int) -> bool:
        """Use a time step up, and those before it; False when that was done before, also by a request at the same moment."""
        used = update(second_factors).where(second_factors.c.user_id == user_id, second_factors.c.last_step < step)
        return self._connection.execute(used.values(last_step=step)).rowcount > 0

    def remove(self, user_id: int) -> bool:
        """Forget the second factor of a user and the recovery codes; False when there was none."""
        self._connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
        return self._connection.execute(delete(second_factors).where(second_factors.c.user_id == user_id)).rowcount > 0

    def set_recovery_codes(self, user_id: int, digests: Sequence[bytes]) -> None:
        """Other recovery codes for a user; the former ones work no more."""
        self._connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
        self._connection.execute(insert(recovery_codes), [{"user_id": user_id, "digest": digest} for digest in digests])

    def use_recovery_code(self, user_id: int, digest: bytes, at: datetime) -> bool:
        """Use a recovery code up; False when there is none such, or it was used before."""
        used = update(recovery_codes).where(
            recovery_codes.c.user_id == user_id, recovery_codes.c.digest == digest, recovery_codes.c.used_at.is_(None)
        )
        return self._connection.execute(used.values(used_at=at)).rowcount > 0

    def count_recovery_codes(self, user_id: int) -> int:
        """How many recovery codes a user has left."""
        left = select(func.count()).select_from(recovery_codes)
        left = left.where(recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None))
        return int(self._connection.execute(left).scalar_one())
