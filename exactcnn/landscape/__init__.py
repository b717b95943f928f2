"""The loss surface: derivatives, critical points and what they are, with evidence."""
