"""Many addresses at once in a MaxMind DB file: the search tree walked for a whole column, level by level."""

import mmap
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

_IPV6_BYTES: Final = 16
_ZEROS_BEFORE_IPV4: Final = 96
_SHARED_BITS: Final = 16

Column = np.ndarray[Any, Any]


class SearchTree:
    """The search tree of a file (MaxMind DB format 2.0) that holds all of it, mapped into memory.

    ``leaves`` tells for addresses of one family the leaf that each ends in: equal leaves have equal records, 0 stands for none.
    """

    def __init__(self, path: Path, *, node_count: int, record_size: int, ip_version: int) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.ip_version = ip_version
        self._nodes = node_count
        self._bits = record_size
        self._stride = record_size // 4
        # The big-endian words of 32 bits that begin at each byte.
        self._words = np.ndarray((node_count * self._stride,), ">u4", self._map, 0, (1,))

    def different_leaves(self, packed: Column) -> tuple[Column, Column, Column]:
        """The different leaves of addresses, the first address of each, and for each address the number of its leaf."""
        leaves, first, number = np.unique(self.leaves(packed), return_index=True, return_inverse=True)
        return leaves, first, number

    def leaves(self, packed: Column) -> Column:
        """The leaves of addresses, each a row of 4 or 16 bytes (4 only in trees that have IPv4 addresses)."""
        width = packed.shape[1]
        # Many addresses begin alike: the first steps are made once for all that do.
        prefix = packed[:, 0].astype(np.int64) << 8 | packed[:, 1]
        prefixes = np.flatnonzero(np.bincount(prefix, minlength=1 << _SHARED_BITS))
        shared = np.stack((prefixes >> 8, prefixes & 0xFF), axis=1).astype(np.uint8)
        after = np.zeros(1 << _SHARED_BITS, dtype=np.int64)
        after[prefixes] = self._walk(np.full(len(prefixes), self._start(width), dtype=np.int64), shared, 0)
        node = after[prefix]
        node = self._walk(node, packed, _SHARED_BITS)
        return np.where(node > self._nodes, node, 0)

    def _walk(self, node: Column, packed: Column, begin: int) -> Column:
        """Where addresses come to from nodes at the level ``begin``, with all the bits that there are."""
        active = np.flatnonzero(node < self._nodes)
        for level in range(begin, packed.shape[1] * 8):
            if not len(active):
                break
            bit = packed[active, level >> 3] >> (7 - (level & 7)) & 1
            node[active] = self._child(node[active], bit)
            active = active[node[active] < self._nodes]
        return node

    def _start(self, width: int) -> int:
        return self._root_of_ipv4 if self.ip_version != 4 and width != _IPV6_BYTES else 0

    @cached_property
    def _root_of_ipv4(self) -> int:
        node = np.zeros(1, dtype=np.int64)
        for _ in range(_ZEROS_BEFORE_IPV4):
            if node[0] >= self._nodes:
                break
            node = self._child(node, np.zeros(1, dtype=np.uint8))
        return int(node[0])

    def _child(self, node: Column, bit: Column) -> Column:
        """The left records of nodes, or for those where ``bit`` is 1 the right ones."""
        right = bit.astype(np.bool_)
        words: Column = self._words[node * self._stride + self._bits // 8 * right].astype(np.int64)
        if self._bits == 28:
            # Both share the byte between them: its upper half is the left one's highest digit.
            return np.where(right, words & 0x0FFFFFFF, words >> 8 | (words & 0xF0) << 20)
        return words >> 8 if self._bits == 24 else words
