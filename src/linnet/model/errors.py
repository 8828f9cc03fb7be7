"""Every expected "no": one class per refusal, each with a stable code that clients may rely on."""

from collections.abc import Sequence

from linnet.model.changed_setting import ChangedSetting


class Refusal(Exception):
    """Something that cannot be done as asked; the caller can mend it.

    ``message`` says in a full sentence what is wrong and what would be right, ``field`` names the offending field by its
    wire spelling where there is one, and ``code`` never changes once published. The HTTP status of a class is in
    ``api/errors.py``, its exit code in ``cli``.
    """

    code = "refused"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidField(Refusal):
    """A value that is malformed, out of bounds or not allowed; nothing was changed."""

    code = "invalid_field"


class MalformedRequest(Refusal):
    """A request that cannot be read at all: broken JSON, a wrong content type, a missing body."""

    code = "malformed_request"


class NotAuthenticated(Refusal):
    """No key, or one that is unknown, revoked or expired; which of these is not told."""

    code = "unauthorized"


class NotAllowed(Refusal):
    """The actor is known but may not do this."""

    code = "access_denied"


class DomainNotFound(Refusal):
    """No such domain, or none that the actor may see: the two are not told apart."""

    code = "domain_not_found"


class LinkNotFound(Refusal):
    """No such link, or none that the actor may see: the two are not told apart."""

    code = "link_not_found"


class SearchUnavailable(Refusal):
    """Links cannot be searched now: the index of this node is being made, or cannot be read. Redirects are not concerned."""

    code = "search_unavailable"


class KeyNotFound(Refusal):
    """No such API key among those that the actor may see."""

    code = "key_not_found"


class ReportNotFound(Refusal):
    """No such shared report, or one that has ended."""

    code = "report_not_found"


class WebhookNotFound(Refusal):
    """No such webhook in this domain."""

    code = "webhook_not_found"


class DeliveryNotFound(Refusal):
    """The webhook was told nothing under this number, or it is not known any more."""

    code = "delivery_not_found"


class FolderNotFound(Refusal):
    """No such folder in this domain."""

    code = "folder_not_found"


class TemplateNotFound(Refusal):
    """No such UTM template among those of the domain and its team."""

    code = "template_not_found"


class ImportNotFound(Refusal):
    """No such import of links among the actor's own: files are shown to nobody else, and removed after a day."""

    code = "import_not_found"


class ImportNotReady(Refusal):
    """The import cannot do this in its present state: it is at work, or was not checked yet."""

    code = "import_not_ready"


class PageNotFound(Refusal):
    """The dashboard has no page at this address."""

    code = "page_not_found"


class PlaceNotFound(Refusal):
    """The link has no destination of its own for that country or region."""

    code = "place_not_found"


class PermissionNotFound(Refusal):
    """The user has no permission of its own for this link."""

    code = "permission_not_found"


class UserNotFound(Refusal):
    """No such user among those that the actor may see: the members of its teams."""

    code = "user_not_found"


class UserTaken(Refusal):
    """Somebody has an account with this e-mail address already."""

    code = "user_taken"


class TeamNotFound(Refusal):
    """No such team among the actor's."""

    code = "team_not_found"


class TeamNotEmpty(Refusal):
    """The team has domains yet, and cannot be deleted."""

    code = "team_not_empty"


class InvitationNotFound(Refusal):
    """No such invitation, or one that was used up, withdrawn or has expired: which of these is not told."""

    code = "invitation_not_found"


class AlreadyMember(Refusal):
    """Who accepts an invitation is in the team already."""

    code = "already_member"


class SecondFactorNeeded(NotAllowed):
    """The team opens only to people who have a second factor."""

    code = "second_factor_needed"


class QuotaReached(Refusal):
    """The owner has as many links or domains as this installation allows."""

    code = "quota_reached"


class PathTaken(Refusal):
    """Another link of the domain has this path; ``link_id`` is that link's id, "" where the actor may not know it."""

    code = "path_taken"

    def __init__(self, message: str, *, link_id: str) -> None:
        super().__init__(message, field="path")
        self.link_id = link_id


class PathsExhausted(Refusal):
    """The domain's path generator found no free path; a longer ``linkType`` is needed."""

    code = "paths_exhausted"


class DomainTaken(Refusal):
    """The hostname is already registered in this installation."""

    code = "domain_taken"


class DomainInUse(Refusal):
    """The domain has links still, and is not removed before they are."""

    code = "domain_in_use"


class AlreadyInitialised(Refusal):
    """The installation has an owner already."""

    code = "already_initialised"


class AlreadySent(Refusal):
    """A form that was sent before; it is obeyed once."""

    code = "already_sent"


class EditConflict(Refusal):
    """Somebody else changed it after the editor had looked; nothing was overwritten."""

    code = "edit_conflict"


class SettingsConflict(EditConflict):
    """Somebody else changed settings after the editor had looked: ``changes`` are which, from what to what, and by whom."""

    code = "settings_conflict"

    def __init__(self, message: str, *, changes: Sequence[ChangedSetting]) -> None:
        super().__init__(message)
        self.changes = changes


class TooLarge(Refusal):
    """A body or a batch over its documented bound."""

    code = "too_large"


class TooManyRequests(Refusal):
    """More calls in a window than the caller's limit allows, or more at once than this node has room for; the same call is
    welcome in ``retry_after_seconds``."""

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class QrCodeNotDrawn(Refusal):
    """The link's QR code has no public image: it was never generated."""

    code = "qr_code_not_drawn"


class Unfetchable(Refusal):
    """An address that a client named, and that this server will not or cannot fetch from."""

    code = "unfetchable"


class StorageUnavailable(Refusal):
    """The database or the disk does not take writes now; nothing was changed, and the request can be repeated."""

    code = "storage_unavailable"


class StatisticsUnavailable(Refusal):
    """The statistics cannot be asked now; no click is lost by that, and the request can be repeated."""

    code = "statistics_unavailable"


class Unsealable(Refusal):
    """A stored secret that this installation's ``secrets.json`` does not open."""

    code = "unsealable"


class SessionNotFound(Refusal):
    """No such session among the actor's."""

    code = "session_not_found"


class ResetNotFound(Refusal):
    """A link to another password that was used, has expired, or never was."""

    code = "reset_not_found"


class IdentityNotFound(Refusal):
    """No such account elsewhere among those that the actor signs in with."""

    code = "identity_not_found"


class ProviderFailed(Refusal):
    """The OpenID Connect provider does not answer, or answers what cannot be believed; nobody is signed in."""

    code = "provider_failed"
