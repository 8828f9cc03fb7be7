"""Folders."""

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, RawBody

from linnet.actions import folders
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.grouping_wire import FolderCreate, folder_json, folder_settings


class FoldersController(Controller):
    """Contract b.5."""

    tags = ("Folders",)

    @get("/links/folders/{domain_id:int}", sync_to_thread=True)
    def list_folders(self, request: Request[Any, Any, Any], domain_id: FromPath[int]) -> dict[str, Any]:
        """listFolders: the folders of a domain, by name."""
        found = folders.list_folders(desk_of(request).context(request), domain_id)
        return {"linkFolders": [folder_json(folder) for folder in found]}

    @get("/links/folders/{domain_id:int}/{folder_id:str}", sync_to_thread=True)
    def get_folder(
        self, request: Request[Any, Any, Any], domain_id: FromPath[int], folder_id: FromPath[str]
    ) -> Response[bytes]:
        """getFolder: a folder, or null when the domain has none with this id."""
        found = folders.find_folder(desk_of(request).context(request), domain_id, folder_id)
        content = msgspec.json.encode(None if found is None else folder_json(found))
        return Response(content, media_type="application/json")

    @post("/links/folders", status_code=200, sync_to_thread=True)
    def create_folder(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """createFolder: a folder with defaults for the links that will be made in it."""
        context = desk_of(request).context(request)
        sent = read_body(body, FolderCreate)
        return folder_json(folders.create_folder(context, sent.domainId, sent.name, folder_settings(sent)))
