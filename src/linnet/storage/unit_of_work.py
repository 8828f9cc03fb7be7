"""One transaction, and the repositories that work in it."""

from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from linnet.storage.audit import AuditRepository
from linnet.storage.audit_chain import AuditChainRepository
from linnet.storage.changes import ChangeRepository
from linnet.storage.deliveries import DeliveryRepository
from linnet.storage.destinations import DestinationRepository
from linnet.storage.domains import DomainRepository
from linnet.storage.folders import FolderRepository
from linnet.storage.identities import IdentityRepository
from linnet.storage.invitations import InvitationRepository
from linnet.storage.keys import KeyRepository
from linnet.storage.link_imports import LinkImportRepository
from linnet.storage.links import LinkRepository
from linnet.storage.notes import NoteRepository
from linnet.storage.opengraph import OpengraphRepository
from linnet.storage.outbox import OutboxRepository
from linnet.storage.password_resets import PasswordResetRepository
from linnet.storage.permissions import PermissionRepository
from linnet.storage.places import PlaceRepository
from linnet.storage.profiles import ProfileRepository
from linnet.storage.qr_codes import QrCodeRepository
from linnet.storage.removed import RemovedLinkRepository
from linnet.storage.reports import ReportRepository
from linnet.storage.rules import RuleRepository
from linnet.storage.second_factors import SecondFactorRepository
from linnet.storage.sessions import SessionRepository
from linnet.storage.submissions import SubmissionRepository
from linnet.storage.tags import TagRepository
from linnet.storage.teams import TeamRepository
from linnet.storage.users import UserRepository
from linnet.storage.utm_templates import UtmTemplateRepository
from linnet.storage.webhooks import HorizonRepository, WebhookRepository


class UnitOfWork:
    """The repositories on one connection, inside one transaction of ``Database.read()`` or ``Database.write()``.

    ``sequence`` is None until the transaction is committed, and then the number of the last change written in it (None still,
    when it recorded none).
    """

    def __init__(self, connection: Connection, *, writing: bool = False) -> None:
        self.connection = connection
        self.writing = writing
        self.sequence: int | None = None

    @cached_property
    def links(self) -> LinkRepository:
        return LinkRepository(self.connection)

    @cached_property
    def destinations(self) -> DestinationRepository:
        return DestinationRepository(self.connection)

    @cached_property
    def domains(self) -> DomainRepository:
        return DomainRepository(self.connection)

    @cached_property
    def users(self) -> UserRepository:
        return UserRepository(self.connection)

    @cached_property
    def invitations(self) -> InvitationRepository:
        return InvitationRepository(self.connection)

    @cached_property
    def keys(self) -> KeyRepository:
        return KeyRepository(self.connection)

    @cached_property
    def audit(self) -> AuditRepository:
        return AuditRepository(self.connection)

    @cached_property
    def audit_chain(self) -> AuditChainRepository:
        return AuditChainRepository(self.connection)

    @cached_property
    def folders(self) -> FolderRepository:
        return FolderRepository(self.connection)

    @cached_property
    def link_imports(self) -> LinkImportRepository:
        return LinkImportRepository(self.connection)

    @cached_property
    def opengraph(self) -> OpengraphRepository:
        return OpengraphRepository(self.connection)

    @cached_property
    def permissions(self) -> PermissionRepository:
        return PermissionRepository(self.connection)

    @cached_property
    def places(self) -> PlaceRepository:
        return PlaceRepository(self.connection)

    @cached_property
    def qr_codes(self) -> QrCodeRepository:
        return QrCodeRepository(self.connection)

    @cached_property
    def removed(self) -> RemovedLinkRepository:
        return RemovedLinkRepository(self.connection)

    @cached_property
    def rules(self) -> RuleRepository:
        return RuleRepository(self.connection)

    @cached_property
    def submissions(self) -> SubmissionRepository:
        return SubmissionRepository(self.connection)

    @cached_property
    def tags(self) -> TagRepository:
        return TagRepository(self.connection)

    @cached_property
    def teams(self) -> TeamRepository:
        return TeamRepository(self.connection)

    @cached_property
    def sessions(self) -> SessionRepository:
        return SessionRepository(self.connection)

    @cached_property
    def password_resets(self) -> PasswordResetRepository:
        return PasswordResetRepository(self.connection)

    @cached_property
    def second_factors(self) -> SecondFactorRepository:
        return SecondFactorRepository(self.connection)

    @cached_property
    def identities(self) -> IdentityRepository:
        return IdentityRepository(self.connection)

    @cached_property
    def reports(self) -> ReportRepository:
        return ReportRepository(self.connection)

    @cached_property
    def profiles(self) -> ProfileRepository:
        return ProfileRepository(self.connection)

    @cached_property
    def notes(self) -> NoteRepository:
        return NoteRepository(self.connection)

    @cached_property
    def utm_templates(self) -> UtmTemplateRepository:
        return UtmTemplateRepository(self.connection)

    @cached_property
    def webhooks(self) -> WebhookRepository:
        return WebhookRepository(self.connection)

    @cached_property
    def horizons(self) -> HorizonRepository:
        return HorizonRepository(self.connection)

    @cached_property
    def deliveries(self) -> DeliveryRepository:
        return DeliveryRepository(self.connection)

    @cached_property
    def outbox(self) -> OutboxRepository:
        return OutboxRepository(self.connection)

    @cached_property
    def changes(self) -> ChangeRepository:
        return ChangeRepository(self.connection)

    def write_changes(self, at: datetime) -> int | None:
        """Writes what webhooks are told, and the recorded changes, if any, and gives the last one's number."""
        if "outbox" in self.__dict__:
            self.outbox.write(at)
        return self.changes.write(at) if "changes" in self.__dict__ else None
