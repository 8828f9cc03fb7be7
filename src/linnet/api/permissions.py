"""Permissions for single links."""

from typing import Any

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath

from linnet.actions import permissions
from linnet.api.auth import desk_of
from linnet.api.grouping_wire import permission_json


class PermissionsController(Controller):
    """Contract b.6. Both changes answer 201, also the one that removes."""

    tags = ("Permissions",)

    @get("/links/permissions/{domain_id:int}/{link_id:str}", sync_to_thread=True)
    def get_link_permissions(
        self, request: Request[Any, Any, Any], domain_id: FromPath[int], link_id: FromPath[str]
    ) -> list[dict[str, Any]]:
        """getLinkPermissions: who has a permission of its own for a link."""
        found = permissions.list_permissions(desk_of(request).context(request), domain_id, link_id)
        return [permission_json(permission) for permission in found]

    @post("/links/permissions/{domain_id:int}/{link_id:str}/{user_id:int}", status_code=201, sync_to_thread=True)
    def add_link_permission(
        self, request: Request[Any, Any, Any], domain_id: FromPath[int], link_id: FromPath[str], user_id: FromPath[int]
    ) -> dict[str, Any]:
        """addLinkPermission: let a member of the team read and change a link."""
        context = desk_of(request).context(request)
        return permission_json(permissions.add_permission(context, domain_id, link_id, user_id))

    @delete("/links/permissions/{domain_id:int}/{link_id:str}/{user_id:int}", status_code=201, sync_to_thread=True)
    def delete_link_permission(
        self, request: Request[Any, Any, Any], domain_id: FromPath[int], link_id: FromPath[str], user_id: FromPath[int]
    ) -> dict[str, Any]:
        """deleteLinkPermission: take a permission back."""
        permissions.remove_permission(desk_of(request).context(request), domain_id, link_id, user_id)
        return {"success": True}
