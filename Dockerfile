# syntax=docker/dockerfile:1
# `modiste serve` as a container: no root, nothing to write but /tmp and /data. docs/deploying.md says how it is run.

FROM python:3.13.9-slim-trixie AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY recipes ./recipes
COPY src/modiste ./src/modiste
# The environment gets no pip of its own: nothing is installed into it later.
RUN python -m venv --without-pip /opt/modiste \
    && python -m pip --python /opt/modiste/bin/python install --no-cache-dir --disable-pip-version-check .

FROM python:3.13.9-slim-trixie
LABEL org.opencontainers.image.title="modiste" \
      org.opencontainers.image.description="Says what photographs of fashion products show, and finds what looks alike" \
      org.opencontainers.image.licenses="MIT"
# A fixed number, so that a folder of the host can be given to it; no home, no shell. A new volume takes its owner from /data.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin modiste \
    && install --directory --owner=10001 --group=10001 --mode=0750 /data
COPY --from=build /opt/modiste /opt/modiste
ENV PATH=/opt/modiste/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ORT_DISABLE_TELEMETRY=1
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
# Whether the server is ready is told without a key. Whatever is not a 200 is an exception, with which Python ends in 1.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import *; build_opener(ProxyHandler({})).open('http://127.0.0.1:8080/health/ready', timeout=8)"]
ENTRYPOINT ["modiste"]
# Without the file of keys it ends at once and says so: without keys nobody outside the container would be answered.
CMD ["serve", "/data/shop.catalogue", "--host", "0.0.0.0", "--port", "8080", "--no-browser", "--keys", "/run/secrets/modiste-keys"]
