"""The command: parse, call, print; one module for each of its commands."""

from exactcnn.cli.command import app, main

__all__ = ["app", "main"]
