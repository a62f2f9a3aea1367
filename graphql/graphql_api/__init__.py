"""The GraphQL API: types derived from entities, mutations from commands. Holds no rule of its own."""

from graphql_api.http import routes
from graphql_api.schema import build_schema

__all__ = ["build_schema", "routes"]
