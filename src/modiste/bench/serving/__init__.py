"""Acceptance of the server: how much it serves, what strangers send, what the page costs, what its answers mean."""
