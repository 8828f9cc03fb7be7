"""SipHash of columns: the vectors of its authors, and the same hash wherever a message stands."""

import numpy as np

from linnet.visitor.siphash import siphash

# vectors_sip64 of the reference implementation: under the key 00 01 .. 0f, the hash of no byte, of 00, of 00 01, and so on.
VECTORS = {0: 0x726FDB47DD0E0E31, 7: 0xAB0200F58B01D137, 8: 0x93F5F5799A932462, 15: 0xA129CA6149BE45E5}


def words_of(message: bytes) -> list[int]:
    padded = message + bytes(-(len(message) + 1) % 8) + bytes([len(message)])
    return [int.from_bytes(padded[start : start + 8], "little") for start in range(0, len(padded), 8)]


def hashes(keys: list[bytes], messages: list[bytes]) -> list[int]:
    halves = [np.array([int.from_bytes(key[at : at + 8], "little") for key in keys], dtype=np.uint64) for at in (0, 8)]
    words = [np.array(column, dtype=np.uint64) for column in zip(*map(words_of, messages), strict=True)]
    return siphash((halves[0], halves[1]), words).tolist()


def test_the_vectors_of_its_authors_come_out() -> None:
    for length, expected in VECTORS.items():
        assert hashes([bytes(range(16))], [bytes(range(length))]) == [expected], length


def test_many_messages_are_hashed_like_each_of_them_under_keys_of_their_own() -> None:
    keys = [number.to_bytes(16, "little") for number in range(20_000)]
    messages = [(number * 7919).to_bytes(12, "little") for number in range(20_000)]
    together = hashes(keys, messages)
    assert len(set(together)) == 20_000
    for place in (0, 1, 8191, 8192, 16_384, 19_999):
        assert hashes([keys[place]], [messages[place]]) == [together[place]]


def test_of_no_message_there_is_no_hash() -> None:
    none = np.zeros(0, dtype=np.uint64)
    assert siphash((none, none), [none, none]).tolist() == []
