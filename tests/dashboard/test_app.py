"""Where the dashboard's pages lie."""

from litestar import Litestar

from linnet.api.front import is_api
from linnet.dashboard.app import create_routers
from tests.dashboard.conftest import Site


def test_no_page_lies_among_the_apis_paths(site: Site):
    # Those may be read by pages of any origin, and are served on hosts that have no pages.
    paths = {route.path for route in Litestar(route_handlers=create_routers(site.options)).routes}
    assert {"/", "/sign-in", "/dashboard"} <= paths
    assert [path for path in paths if is_api(path)] == []
