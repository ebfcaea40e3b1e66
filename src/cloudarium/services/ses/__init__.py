"""Simple Email Service, its first API; what it shares with the second lies in cloudarium.mail."""
