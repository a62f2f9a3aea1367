"""The ground: kernel, tenants, customers, activities, the platform's tables, each with its policies."""

from infra.migrations.sql import run_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
