"""The statements' pages: registry, executable checks, status computed by running."""
