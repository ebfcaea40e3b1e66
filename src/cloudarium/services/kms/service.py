"""The card of KMS, and how other rooms use it.

A room that encrypts sends a call in the name of whoever called it, and says by which service it comes:

    await call.send(
        "kms", "GenerateDataKey",
        {"KeyId": key or "alias/aws/s3", "KeySpec": "AES_256", "EncryptionContext": {"aws:s3:arn": arn}},
        context={"kms:ViaService": f"s3.{call.region}.amazonaws.com"},
    )

The key's policy decides as it does for the caller's own calls; `kms:ViaService` cannot come from outside, for no
request sets it. `as_=` a role's session or a service's principal where the service does not act for its caller. An AWS
managed key (`alias/aws/SERVICE`, see managed.py) is made by the first call that names it. A room that asks on its
reader's behalf (SSM's GetParameter, say) sends `Decrypt` the same way: what KMS refuses is the room's refusal.
"""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="kms",
    purpose="Keeps keys that never leave it: encryption, signatures, MACs, under key policies and grants.",
)
