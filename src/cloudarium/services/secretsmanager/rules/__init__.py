"""Decisions of Secrets Manager: names, staging labels, filters, passwords, policies and schedules."""
