"""Whom a function's TLS clients trust: whom this machine trusts, and the authority of this user's clouds.

On AWS a cache or a database shows a certificate of an authority that every runtime knows. Here it is the cloud's own,
so a function finds it where OpenSSL and Node look for more: its code verifies certificates and needs no line for it.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import botocore


def bundle(folder: Path, authority: Path | None) -> Path | None:
    """The file with the certificates to trust, kept in `folder`; None as long as there is no such authority."""
    if authority is None or not authority.exists():
        return None
    wanted = _known() + b"\n" + authority.read_bytes()
    file = folder / "trusted.pem"
    if not file.exists() or file.read_bytes() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_bytes(wanted)
        new.replace(file)
    return file


def variables(file: str, family: str) -> dict[str, str]:
    """What tells the TLS libraries of a runtime about the file."""
    return {"NODE_EXTRA_CA_CERTS": file} if family == "nodejs" else {"SSL_CERT_FILE": file}


def _known() -> bytes:
    """Whom this machine trusts; where that is not one file, the list that botocore brings along."""
    cafile = ssl.get_default_verify_paths().cafile
    return Path(cafile or Path(botocore.__file__).parent / "cacert.pem").read_bytes()
