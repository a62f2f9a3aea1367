"""The pages that links in mails lead to: small, without dependencies, served by the server itself."""
