"""What the server answers and what it takes, as frozen dataclasses with the names of the OpenAPI document."""
