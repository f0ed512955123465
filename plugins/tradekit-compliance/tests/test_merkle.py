"""The Merkle tree has the roots of RFC 6962, and its proofs are accepted by a verifier written from the RFC."""

from __future__ import annotations

from hashlib import sha256

import pytest
from tradekit_compliance.audit.merkle import GrowingTree, inclusion_proof, leaf_hash, root_of

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = ["e3b0c442", "6e340b9c", "fac54203", "aeb6bcfe", "d37ee418", "4e3bbb1f", "76e67dad", "ddb89be4", "5dc9da79"]


def mth(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash, as section 2.1 defines it: by recursion over unhashed leaves."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that an audit path leads to, by the recursion of section 2.1.1 read backwards; `None` if the path is no path."""
    if size == 1:
        return leaf if not path else None
    if not path:
        return None
    k = 1
    while k * 2 < size:
        k *= 2
    if index < k:
        left, right = root_by_path(leaf, index, k, path[:-1]), path[-1]
    else:
        left, right = path[-1], root_by_path(leaf, index - k, size - k, path[:-1])
    return None if left is None or right is None else sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(9))
def test_root_of_the_known_leaves_is_that_of_the_rfc(size: int) -> None:
    leaves = [bytes.fromhex(text) for text in LEAVES[:size]]
    assert root_of([leaf_hash(leaf) for leaf in leaves]).hex().startswith(ROOTS[size])
    assert root_of([leaf_hash(leaf) for leaf in leaves]) == mth(leaves)


def test_roots_of_a_growing_tree_are_those_of_the_definition() -> None:
    leaves = [bytes([n % 256]) * (n % 7) for n in range(130)]
    tree = GrowingTree()
    for n, leaf in enumerate(leaves):
        tree.add(leaf_hash(leaf))
        assert tree.root() == mth(leaves[: n + 1])


def test_each_inclusion_proof_is_accepted_by_an_independent_verifier() -> None:
    leaves = [n.to_bytes(2) for n in range(40)]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    for size in range(1, 41):
        root = mth(leaves[:size])
        for index in range(size):
            path = inclusion_proof(hashes[:size], index)
            assert root_by_path(hashes[index], index, size, path) == root
            assert root_by_path(leaf_hash(b"another"), index, size, path) != root


def test_proof_of_a_leaf_that_is_not_there_is_refused() -> None:
    with pytest.raises(IndexError, match="no leaf 3 in a tree of 3"):
        inclusion_proof([b""] * 3, 3)
