"""Rewrite rules, as data: each module exports one table."""
