"""The server's side of SRP-6a as Cognito speaks it: 3072-bit group of RFC 3526, SHA-256, keys by HKDF.

What a password is checked by is its verifier alone; the password itself is kept nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import NamedTuple

from cloudarium.shared import ids

_N = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
    "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
    "15728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7"
    "abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c"
    "bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff",
    16,
)  # fmt: skip
_G = 2
_INFO = b"Caldera Derived Key\x01"
_TIMESTAMP = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d UTC \d{4}\Z")


class Verifier(NamedTuple):
    """What is kept of a password: two numbers in hexadecimal digits."""

    salt: str
    verifier: str


class Offer(NamedTuple):
    """The server's half of an exchange: its public number goes to the client, the secret one stays."""

    secret: str
    public: str


def _padded(number: int) -> bytes:
    """A number as bytes with a leading zero where it would look negative, as the clients hash it."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


_K = _hash(_padded(_N), _padded(_G))


def _private(pool: str, user: str, salt: int, password: str) -> int:
    name = pool.partition("_")[2]
    inner = hashlib.sha256(f"{name}{user}:{password}".encode(errors="surrogatepass")).digest()
    return _hash(_padded(salt), inner)


def verifier_of(pool: str, user: str, password: str) -> Verifier:
    """What to keep of a password; takes some milliseconds."""
    salt = ids.integer(1, 2**128 - 1)
    return Verifier(f"{salt:x}", f"{pow(_G, _private(pool, user, salt, password), _N):x}")


def matches(kept: Verifier, pool: str, user: str, password: str) -> bool:
    """Whether the password is the one that is kept; takes some milliseconds."""
    made = pow(_G, _private(pool, user, int(kept.salt, 16), password), _N)
    return hmac.compare_digest(f"{made:x}", kept.verifier)


def offer(kept: Verifier) -> Offer:
    """Begin an exchange."""
    secret = ids.integer(2**255, 2**256 - 1)
    public = (_K * int(kept.verifier, 16) + pow(_G, secret, _N)) % _N
    return Offer(f"{secret:x}", f"{public:x}")


def public_number(text: str) -> int | None:
    """A client's public number; None where it is none, or one that would give the key away."""
    if not 1 <= len(text) <= 1024 or text.strip("0123456789abcdefABCDEF"):
        return None
    number = int(text, 16)
    return number if number % _N else None


def proves(
    kept: Verifier, offered: Offer, client: int, pool: str, user: str, block: bytes, timestamp: str, signature: str
) -> bool:
    """Whether the client's signature proves that it knows the password; takes some milliseconds."""
    if not _TIMESTAMP.match(timestamp):
        return False
    public = int(offered.public, 16)
    u = _hash(_padded(client), _padded(public))
    if not u:
        return False
    shared = pow(client * pow(int(kept.verifier, 16), u, _N) % _N, int(offered.secret, 16), _N)
    extracted = hmac.digest(_padded(u), _padded(shared), "sha256")
    key = hmac.digest(extracted, _INFO, "sha256")[:16]
    message = pool.partition("_")[2].encode() + user.encode() + block + timestamp.encode()
    expected = base64.b64encode(hmac.digest(key, message, "sha256"))
    return hmac.compare_digest(expected, signature.encode(errors="replace"))
