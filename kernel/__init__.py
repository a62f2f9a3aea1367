"""What an entity and a command are: defined once, everything else derives from them."""
