"""The digests of the audit log's chain."""

import hashlib

from linnet.model.chain import NO_HEAD, Stored, digest_of, hang

ENTRY = Stored(7, 1_780_000_000_000_001, 1, None, None, 2, "link.created", "lnk_1", "203.0.113.7", '{"größe": 1}')


def test_a_digest_is_that_of_the_published_form():
    text = f'[3,"{"ab" * 32}",7,1780000000000001,1,null,null,2,"link.created","lnk_1","203.0.113.7","{{\\"größe\\": 1}}"]'
    assert digest_of(ENTRY, 3, b"\xab" * 32) == hashlib.sha256(text.encode()).digest()


def test_everything_counts_for_the_digest():
    digest = digest_of(ENTRY, 1, NO_HEAD.digest)
    changed = [ENTRY._replace(**{name: "x" if isinstance(value, str) else 99}) for name, value in ENTRY._asdict().items()]
    others = [digest_of(each, 1, NO_HEAD.digest) for each in changed]
    others += [digest_of(ENTRY, 2, NO_HEAD.digest), digest_of(ENTRY, 1, b"\1" * 32)]
    assert len({digest, *others}) == len(changed) + 3


def test_an_entry_hangs_on_the_one_before_it():
    first = hang(NO_HEAD, ENTRY)
    second = hang(first, ENTRY)
    assert (first.position, second.position) == (1, 2)
    assert second.digest == digest_of(ENTRY, 2, first.digest)


def test_a_text_that_is_no_unicode_can_be_digested():
    assert len(digest_of(ENTRY._replace(subject="\ud800"), 1, NO_HEAD.digest)) == 32
