"""SMTP passwords, as AWS's own description of the algorithm makes them."""

from __future__ import annotations

import base64

from cloudarium.mail.smtp.credentials import REGIONS, password, region_of

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def test_a_password_is_the_version_and_the_signature() -> None:
    made = base64.b64decode(password(SECRET, "us-east-1"))
    assert made[0] == 4 and len(made) == 33
    # Computed with the script of the developer guide (smtp-credentials.html).
    assert password(SECRET, "us-east-1") == "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"


def test_a_password_tells_its_region() -> None:
    assert [region_of(SECRET, password(SECRET, each)) for each in REGIONS] == list(REGIONS)
    assert region_of(SECRET, password(SECRET + "x", "us-east-1")) is None
    assert region_of(SECRET, "") is None
    assert region_of(SECRET, "pässword\ud800") is None
