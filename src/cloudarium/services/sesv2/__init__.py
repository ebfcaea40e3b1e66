"""Simple Email Service, its second API; what it shares with the first lies in cloudarium.mail."""
