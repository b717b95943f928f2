"""Points of loss surfaces that are known from the literature, each with exact data and what is proved of it."""
