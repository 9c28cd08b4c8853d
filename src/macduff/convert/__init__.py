"""Names and values as each protocol spells them; pure functions, no I/O (design, section 14)."""
