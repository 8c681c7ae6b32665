"""The routes, one file a subject; `ROUTERS` are all of them."""
