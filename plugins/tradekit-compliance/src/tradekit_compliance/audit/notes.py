"""Signed notes and checkpoints, in the formats of C2SP (signed-note, tlog-checkpoint), with Ed25519.

A checkpoint is three lines: the origin, how many records there are, and their Merkle root in base64. Signed, it is a text that
tools made for transparency logs can check.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Checkpoint", "Note", "Signer", "Verifier", "checkpoint_of", "checkpoint_text", "notes", "parse_verifier"]

_ED25519 = b"\x01"
_DASH = "— "
_KEY_BYTES, _ID_BYTES, _SIGNATURE_BYTES = 32, 4, 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How many records a log had, and their Merkle root."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text, its final line feed included, and the lines that sign it, as (name of the key, id of the key, signature)."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name: what checks a signature."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Return the id that stands before a signature."""
        return _key_id(self.name, self.public)

    def __str__(self) -> str:
        """Return the key as a verifier key of a signed note: `NAME+ID+KEY`."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def accepts(self, text: str, signature: bytes) -> bool:
        """Say whether a signature of this text was made with the private half of this key."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True

    def has_signed(self, note: Note) -> bool:
        """Say whether one of the signatures of a note is a good one of this key."""
        own = [signature for name, key, signature in note.signatures if (name, key) == (self.name, self.id)]
        return any(self.accepts(note.text, signature) for signature in own)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def make(cls, name: str) -> Signer:
        """Make a new key. Raises `ValueError` for a name that can't stand in a note."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(_checked_name(name), Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Return the key of `PRIVATE+KEY+NAME+ID+KEY`. Raises `ValueError` if the text is none."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        prefix, rest = text.strip()[:12], text.strip()[12:]
        if prefix != "PRIVATE+KEY+":
            raise ValueError("it does not begin with 'PRIVATE+KEY+'")
        name, key_id, seed = _parts(rest)
        signer = cls(name, Ed25519PrivateKey.from_private_bytes(seed))
        if signer.verifier.id != key_id:
            raise ValueError("its id is not that of its key")
        return signer

    @property
    def verifier(self) -> Verifier:
        """Return the public half."""
        return Verifier(self.name, self.private.public_key().public_bytes_raw())

    def secret(self) -> str:
        """Return the key as `parse` reads it: to be kept where nobody else reads it."""
        seed = base64.b64encode(_ED25519 + self.private.private_bytes_raw()).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{seed}"

    def signature(self, text: str) -> bytes:
        """Return the bare signature of a text."""
        return self.private.sign(text.encode())

    def sign(self, text: str) -> str:
        """Return a text as a signed note."""
        signed = base64.b64encode(self.verifier.id + self.signature(text)).decode()
        return f"{text}\n{_DASH}{self.name} {signed}\n"


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_ID_BYTES]


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise ValueError(f"the name of a key must have no blank and no '+', and must not be empty; got {name!r}")
    return name


def _parts(text: str) -> tuple[str, bytes, bytes]:
    """Return name, id and 32 bytes of `NAME+ID+KEY`; base64 may have plus signs, too."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        content = base64.b64decode(encoded, validate=True)
        found = bytes.fromhex(key_id)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"it is no 'NAME+ID+KEY': {error}") from error
    if len(found) != _ID_BYTES or content[:1] != _ED25519 or len(content) != 1 + _KEY_BYTES:
        raise ValueError("it is no 'NAME+ID+KEY' of an Ed25519 key")
    return _checked_name(name), found, content[1:]


def parse_verifier(text: str) -> Verifier:
    """Return the public key of `NAME+ID+KEY`. Raises `ValueError` if the text is none, or if its id is that of another key."""
    name, key_id, public = _parts(text.strip())
    found = Verifier(name, public)
    if found.id != key_id:
        raise ValueError("its id is not that of its key")
    return found


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """Return the three lines of a checkpoint."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def checkpoint_of(text: str) -> Checkpoint:
    """Return what three lines say. Raises `ValueError` for anything but a checkpoint as `checkpoint_text` writes it."""
    lines = text.split("\n")
    try:
        found = Checkpoint(lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True))
    except (IndexError, binascii.Error) as error:
        raise ValueError(f"it is no checkpoint: {error}") from error
    if checkpoint_text(found) != text:
        raise ValueError("it is no checkpoint of three lines: origin, size, root")
    return found


def notes(content: bytes) -> Iterator[Note]:
    """Yield the notes of a file that holds one behind the other. Raises `ValueError` where something else stands in it."""
    lines = content.decode("utf-8").split("\n")
    if lines.pop() != "":
        raise ValueError("its last line does not end")
    text: list[str] = []
    signatures: list[tuple[str, bytes, bytes]] = []
    is_text = True
    for line in lines:
        if is_text and line:
            text.append(line)
        elif is_text:
            is_text = False
        elif line.startswith(_DASH):
            signatures.append(_signature(line))
        else:
            yield _note(text, signatures)
            text, signatures, is_text = [line], [], True
    if text:
        yield _note(text, signatures)


def _note(text: list[str], signatures: list[tuple[str, bytes, bytes]]) -> Note:
    if not signatures:
        raise ValueError(f"a note {text[0]!r:.80} has no signature")
    return Note("\n".join(text) + "\n", tuple(signatures))


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        content = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError(f"{line!r:.80} is no signature: {error}") from error
    if len(content) != _ID_BYTES + _SIGNATURE_BYTES or base64.b64encode(content).decode() != encoded:
        raise ValueError(f"{line!r:.80} is no signature of Ed25519")
    return name, content[:_ID_BYTES], content[_ID_BYTES:]
