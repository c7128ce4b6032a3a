"""Where people leave, and what keeps them."""
