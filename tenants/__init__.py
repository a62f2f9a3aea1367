"""Whose data it is: tenants, organisations, departments, members, roles, scopes, entitlements."""
