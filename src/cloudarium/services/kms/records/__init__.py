"""What KMS keeps, by noun. All of it decides who may do what, so every change is a change of the topic."""

TOPIC = "kms"
