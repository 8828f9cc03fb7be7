"""Ids of links in Short.io's format."""

import random
import re

import pytest

from linnet.model.ids import base62, new_link_id, stored_link_id


@pytest.mark.parametrize(("domain_id", "text"), [(807482, "3o3U"), (1342190, "5Dae"), (1493810, "6gBI")])
def test_ids_carry_the_domain_as_production_writes_it(domain_id: int, text: str):
    assert base62(domain_id) == text
    assert re.fullmatch(rf"lnk_{text}_[0-9a-zA-Z]{{21}}", new_link_id(domain_id, random.Random(1)))


def test_the_newer_prefix_of_production_stands_for_the_older_one():
    assert stored_link_id("link_1_abc") == stored_link_id("lnk_1_abc") == "lnk_1_abc"
    assert stored_link_id("linked") == "linked"
