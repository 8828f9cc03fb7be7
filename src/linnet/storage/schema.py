"""All tables, for both engines; ``migrations/`` builds the same ones step by step."""

# A table is in the metadata once its module was imported.
from linnet.storage import (  # noqa: F401
    account_tables,
    audit_tables,
    import_tables,
    link_tables,
    profile_tables,
    report_tables,
    tables,
    webhook_tables,
)
from linnet.storage.columns import metadata

__all__ = ["metadata"]
