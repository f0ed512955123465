"""Signed notes and keys, in the formats of C2SP."""

from __future__ import annotations

import base64
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tradekit_compliance.audit.keys import make_key, read_key, read_public
from tradekit_compliance.audit.notes import (
    Checkpoint,
    Signer,
    checkpoint_of,
    checkpoint_text,
    notes,
    parse_verifier,
)

from tradekit import ConfigError

# The example key of golang.org/x/mod/sumdb/note, which the format comes from.
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"  # noqa: S105 - it is an example's
SIGNED = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_published_note_is_accepted_and_signed_the_same() -> None:
    (note,) = notes(SIGNED.encode())
    assert parse_verifier(VERIFIER).has_signed(note)
    signer = Signer.parse(SECRET)
    assert str(signer.verifier) == VERIFIER
    assert signer.sign(note.text) == SIGNED
    assert signer.secret() == SECRET


def test_changed_text_is_not_accepted() -> None:
    (note,) = notes(SIGNED.replace("problem is", "problem was").encode())
    assert not parse_verifier(VERIFIER).has_signed(note)


def test_id_of_a_key_is_that_of_the_format() -> None:
    key = Signer.make("desk").verifier
    assert key.id == sha256(b"desk\n\x01" + key.public).digest()[:4]


def test_checkpoint_is_three_lines_and_signed_over_them() -> None:
    signer = Signer.make("desk")
    checkpoint = Checkpoint("tradekit/live.1", 7, bytes(range(32)))
    text = signer.sign(checkpoint_text(checkpoint))
    lines = text.split("\n")
    assert lines[:4] == ["tradekit/live.1", "7", base64.b64encode(bytes(range(32))).decode(), ""]
    signature = base64.b64decode(lines[4].split(" ")[2])[4:]
    Ed25519PublicKey.from_public_bytes(signer.verifier.public).verify(signature, "\n".join(lines[:3]).encode() + b"\n")
    (note,) = notes(text.encode())
    assert checkpoint_of(note.text) == checkpoint


@pytest.mark.parametrize("text", ["", "tradekit/a\n", "a\n01\nAAAA\n", "a\n1\nAAA\n", "a\n1\nAAAA\nmore\n", "a\nx\nAAAA\n"])
def test_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no checkpoint|invalid literal|padding"):
        checkpoint_of(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n"])
def test_name_that_can_not_stand_in_a_note_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the name of a key must have no blank"):
        make_key(name, tmp_path / "key")


def test_key_is_made_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    verifier = make_key("desk", tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert read_key(tmp_path / "key").verifier == verifier == read_public(str(tmp_path / "key.pub")) == read_public(str(verifier))
    with pytest.raises(ConfigError, match="a key is never written over"):
        make_key("desk", tmp_path / "key")


def test_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    make_key("desk", tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(ConfigError, match=r"can be read by others \(mode 644\); run 'chmod 600"):
        read_key(tmp_path / "key")


def test_key_in_the_folder_of_its_log_is_refused(tmp_path: Path) -> None:
    make_key("desk", tmp_path / "log" / "key")
    with pytest.raises(ConfigError, match="lies in the folder of the log that it signs"):
        read_key(tmp_path / "log" / "key", tmp_path / "log")


def test_file_that_holds_no_key_is_refused_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(SECRET[:-6] + "AAAAAA", "utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="holds no key: its id is not that of its key") as caught:
        read_key(path)
    assert "AYEKFA" not in str(caught.value)
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        read_key(tmp_path / "none")


def test_public_key_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is neither a public key nor a file"):
        read_public("desk")
    (tmp_path / "key.pub").write_text("desk+00000000+AAAA\n", "utf-8")
    with pytest.raises(ConfigError, match="holds no public key"):
        read_public(str(tmp_path / "key.pub"))
