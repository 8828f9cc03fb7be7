"""The limits of contract a.4, and what a setting makes of them."""

import pytest

from linnet.api.limits import BUCKETS, read_rate_limits
from linnet.api.operations import BY_NAME, Limit
from linnet.settings import InvalidSetting, read_settings

CONTRACT = {
    (50, 1): ["createLink", "createLinkPublic", "createLinkSimple", "duplicateLink"],
    (20, 1): ["getLink", "updateLink", "deleteLink", "expandLink", "getLinkByOriginalUrl"],
    (5, 10): ["createLinksBulk", "createExampleLinks"],
    (1, 1): ["deleteLinksBulk"],
    (1, 60): ["generateQrCodesBulk"],
    (100, 1): ["listLinks", "listDomains"],
}


@pytest.mark.parametrize(("rate", "names"), CONTRACT.items())
def test_operations_are_limited_as_the_contract_says(rate: tuple[int, int], names: list[str]):
    limits = read_rate_limits("default")
    for name in names:
        limit = limits.of(BY_NAME[name])
        assert limit is not None
        assert (limit.amount, limit.seconds) == rate


def test_what_no_operation_names_has_the_general_limit():
    assert read_rate_limits("").of(None) == Limit(100, 1, "general")


def test_off_lifts_every_limit():
    limits = read_rate_limits("off")
    assert limits.of(BY_NAME["createLink"]) is None
    assert limits.of(None) is None
    assert limits.of_failures is None


def test_a_factor_multiplies_all_and_a_buckets_own_limit_stands():
    limits = read_rate_limits(" x10 , create=500/2, bulk_qr=off ")
    assert limits.of(BY_NAME["createLink"]) == Limit(500, 2, "create")
    assert limits.of(BY_NAME["getLink"]) == Limit(200, 1, "link")
    assert limits.of(BY_NAME["generateQrCodesBulk"]) is None
    assert limits.of_failures == Limit(1200, 60, "unauthorized")


def test_buckets_do_not_disagree():
    for operation in BY_NAME.values():
        assert operation.limit is None or BUCKETS[operation.limit.bucket] == operation.limit


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fast", "'fast' is none of default, off, a factor such as x10, and a limit such as create=500/1"),
        ("off,create=5/1", "off stands alone; to lift the limit of one bucket, write it as create=off"),
        ("x0", "the factor in 'x0' must be between 1 and 1000"),
        ("x1001", "the factor in 'x1001' must be between 1 and 1000"),
        ("creates=5/1", "there is no bucket 'creates', only link, create, bulk_create,"),
        ("create=0/1", "the number of calls in 'create=0/1' must be between 1 and 1000000"),
        ("create=5/0", "the number of seconds in 'create=5/0' must be between 1 and 86400"),
        ("create=5/1/1", "'create=5/1/1' is none of"),
        ("create=-5/1", "'create=-5/1' is none of"),
        ("x" + "9" * 5000, "is none of"),
    ],
)
def test_a_setting_that_cannot_be_read_says_what_would_be_right(text: str, said: str):
    with pytest.raises(InvalidSetting) as refusal:
        read_settings({"LINNET_RATE_LIMITS": text})
    assert refusal.value.field == "LINNET_RATE_LIMITS"
    assert said in refusal.value.message
