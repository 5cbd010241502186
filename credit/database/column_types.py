"""PostgreSQL types that SQLAlchemy does not know."""

from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType


class Xid8(UserDefinedType[str]):
    """A 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in SQL."""
        return "xid8"


class PgSnapshot(UserDefinedType[str]):
    """Which transactions were visible at a moment, as PostgreSQL's text `xmin:xmax:running`."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in SQL."""
        return "pg_snapshot"


# So that a reflected schema compares equal to ours.
ischema_names["xid8"] = Xid8
ischema_names["pg_snapshot"] = PgSnapshot
