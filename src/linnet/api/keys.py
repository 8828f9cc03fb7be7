"""API keys: made, listed and revoked."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, FromQuery, QueryParameter, RawBody

from linnet.actions import keys
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.keys_wire import KeyCreate, key_json, page_start


class KeysController(Controller):
    """Beyond Short.io's API: what its dashboard does with keys."""

    path = "/api/keys"
    tags = ("API keys",)

    @get(sync_to_thread=True)
    def list_keys(
        self,
        request: Request[Any, Any, Any],
        limit: FromQuery[int] = 150,
        page_token: Annotated[str | None, QueryParameter(name="pageToken")] = None,
    ) -> dict[str, Any]:
        """listKeys: the keys of who asks, and of the service accounts of teams that it manages, without their secrets."""
        page = keys.list_keys(desk_of(request).context(request), limit=limit, after=page_start(page_token))
        body: dict[str, Any] = {"keys": [key_json(key) for key in page.keys]}
        return body | ({"nextPageToken": str(page.next)} if page.next is not None else {})

    @post(status_code=200, sync_to_thread=True)
    def create_key(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """createKey: a new key, whose text is in ``key``, this once."""
        context = desk_of(request).context(request)
        raw_key, key = keys.create_key(context, read_body(body, KeyCreate).draft())
        return key_json(key) | {"key": raw_key}

    @delete("/{key_id:int}", status_code=200, sync_to_thread=True)
    def revoke_key(self, request: Request[Any, Any, Any], key_id: FromPath[int]) -> dict[str, bool]:
        """revokeKey: end a key for good."""
        keys.revoke_key(desk_of(request).context(request), key_id)
        return {"success": True}
