"""How a person proves who they are: identifiers, passwords, second factor, tokens, throttling. No table, no command."""
