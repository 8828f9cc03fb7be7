"""What the dashboard keeps: sessions, second factors, invitations, webhooks, the audit log's chain, reports, templates."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _teams()
    _webhooks()
    _audit_chain()
    _links()
    _domains()
    _reports()


def _accounts() -> None:
    """Sessions, second factors, recovery codes, password resets, profiles, identities elsewhere."""


def _teams() -> None:
    """Invitations, and what teams demand of their members."""


def _webhooks() -> None:
    """Endpoints, the outbox, and the log of deliveries."""


def _audit_chain() -> None:
    """The hash chain of the audit log."""


def _links() -> None:
    """What lists and forms of links keep."""


def _domains() -> None:
    """Settings of domains and of notifications."""


def _reports() -> None:
    """Links to statistics for who has no account."""
