"""How a message reaches a person: e-mail, text message, what they say. Without a gateway they wait in a folder."""
