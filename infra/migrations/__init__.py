"""Schema migrations: DDL only, tables and their policies together. Backfills are per-tenant jobs."""
