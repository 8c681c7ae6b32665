"""The verbs of the client, one file a subject, each written once for both clients."""
