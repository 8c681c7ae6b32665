"""The shapes of requests and answers, as pydantic models: they make the OpenAPI document."""
