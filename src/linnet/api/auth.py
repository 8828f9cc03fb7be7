"""From a request to an actor and its context."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from litestar import Request

from linnet.actions.context import Context
from linnet.actions.keys import Authenticator
from linnet.api.operations import Access, operation_of
from linnet.api.options import ApiOptions
from linnet.api.throttle import Throttle
from linnet.model.access import Actor, KeyKind
from linnet.model.errors import NotAllowed, NotAuthenticated
from linnet.visitor.address import client_address

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """What all handlers share; ``make_context`` binds an actor to the installation, ``throttle`` (None for no limits) holds
    keys to their limits."""

    options: ApiOptions
    authenticator: Authenticator
    make_context: Callable[[Actor], Context]
    throttle: Throttle | None = None

    def actor(self, request: AnyRequest) -> Actor:
        """Who asks, by the raw key in the ``Authorization`` header, or in the query where the operation has it there.

        NotAuthenticated without a valid key, NotAllowed for a public one where a secret one is needed (contract a.2);
        TooManyRequests over the key's limit.
        """
        return self._actor(request, self._address(request))

    def context(self, request: AnyRequest, *, bearer: bool = False) -> Context:
        """The context of the actor who asks, with the address that the request came from. With ``bearer`` the key may also
        stand behind that word: not where Short.io refuses it, but where a protocol of others has it so."""
        address = self._address(request)
        return replace(self.make_context(self._actor(request, address, bearer=bearer)), address=address)

    def _actor(self, request: AnyRequest, address: str, *, bearer: bool = False) -> Actor:
        operation = operation_of(request.scope["route_handler"].handler_name)
        access = operation.access if operation is not None else Access.SECRET_KEY
        if access is Access.KEY_IN_QUERY:
            raw_key = request.query_params.get("apiKey", "")
        else:
            raw_key = request.headers.get("authorization", "")
        if bearer and raw_key[:7].lower() == "bearer ":
            raw_key = raw_key[7:].strip()
        if not raw_key:
            raise NotAuthenticated("Unauthorized")
        recognise = self.authenticator.actor_of
        if self.throttle is None:
            actor = recognise(raw_key)
        else:
            state = request.scope["state"]
            actor = self.throttle.actor_of(raw_key, recognise, operation=operation, address=address, state=state)
        if actor.key_kind is not KeyKind.SECRET and access is not Access.ANY_KEY:
            raise NotAllowed("This needs a secret key: a public key is for creating and expanding links in browsers.")
        return actor

    def _address(self, request: AnyRequest) -> str:
        peer = request.client.host if request.client is not None else ""
        forwarded = ",".join(request.headers.getall("x-forwarded-for", []))
        return client_address(peer, forwarded, self.options.trusted_proxies)


def desk_of(request: AnyRequest) -> Desk:
    """The desk of the application that got the request."""
    desk: Desk = request.app.state.desk
    return desk
