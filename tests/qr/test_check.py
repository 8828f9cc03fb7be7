"""What is said of codes before they are printed."""

from dataclasses import replace

import pytest

from linnet.qr.check import Advice, View, check
from linnet.qr.logo import read_logo
from linnet.qr.style import EyeShape, ModuleShape, QrStyle
from tests.support.codes import picture

URL = "https://go.example.com/summer-sale"


@pytest.mark.parametrize("shape", ModuleShape)
def test_dark_codes_on_light_ground_scan_well_in_every_shape(shape: ModuleShape):
    verdict = check(URL, QrStyle(module_shape=shape, eye_shape=EyeShape.ROUNDED, frame_text="Scan me"))
    assert (verdict.missed, verdict.advice) == ((), ())
    assert verdict.scans_well
    assert verdict.contrast == 21


def test_inverted_codes_are_not_read_and_the_reason_is_told():
    verdict = check(URL, QrStyle(color="ffffff", background_color="000000"))
    assert not verdict.readable
    assert verdict.inverted
    assert Advice.NOT_INVERTED in verdict.advice


def test_weak_colours_fail_in_poor_light():
    verdict = check(URL, QrStyle(color="c8c8c8"))
    assert verdict.readable
    assert View.DIM in verdict.missed
    assert verdict.advice == (Advice.MORE_CONTRAST,)


def test_a_narrow_quiet_zone_is_told():
    assert check(URL, QrStyle(quiet_zone=1)).advice == (Advice.WIDER_QUIET_ZONE,)


def test_advice_is_what_helps():
    long = "https://a-very-long-domain-name.example.com/" + "x" * 200
    style = QrStyle(module_shape=ModuleShape.DOTS, eye_shape=EyeShape.LEAF)
    verdict = check(long, style)
    assert verdict.missed
    assert Advice.PLAINER_SHAPES in verdict.advice
    assert check(long, replace(style, module_shape=ModuleShape.SQUARE, eye_shape=EyeShape.SQUARE)).scans_well


def test_the_same_code_gets_the_same_verdict():
    logo = read_logo(picture(100, 100, "crimson"))
    style = QrStyle(logo_url="https://example.com/logo.png", module_shape=ModuleShape.BARS)
    assert check(URL, style, logo) == check(URL, style, logo)


def test_the_longest_addresses_are_looked_at_in_bounds():
    verdict = check("https://example.com/" + "x" * 2000, QrStyle())
    assert View.STRAIGHT in (*verdict.seen, *verdict.missed)
