# One image for every process: `serve` (alone, or as the gateway of workers) and `worker`. No torch, no compiler, no root.
# Any Debian image with Python 3.11 or newer will do as base, wherever it keeps python3.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
# OpenVINO is 180 MB that pay off where bfloat16 is pinned: --build-arg EXTRAS=cpu,redis,openvino (docs/operations.md).
ARG EXTRAS=cpu,redis
WORKDIR /src
RUN python3 -m venv /opt/lookalike
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY models models
COPY index index
COPY service service
RUN /opt/lookalike/bin/pip install --no-cache-dir --no-compile --disable-pip-version-check \
        --only-binary=:all: --constraint constraints.txt ".[${EXTRAS}]" \
    && /opt/lookalike/bin/lookalike models starter --data /opt

FROM ${BASE}
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/lookalike lookalike \
    && install -d -o lookalike -g lookalike /data
COPY --from=build /opt/lookalike /opt/lookalike
COPY --from=build /opt/bundles /opt/bundles
# A worker's probes take the gateway's port, so that one health check fits both.
ENV PATH=/opt/lookalike/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LOOKALIKE_BUNDLE_DIRS=/opt/bundles \
    LOOKALIKE_DATA_DIR=/data \
    LOOKALIKE_HOST=0.0.0.0 \
    LOOKALIKE_PORT=8000 \
    LOOKALIKE_WORKER_PORT=8000 \
    LOOKALIKE_LOG_FORMAT=json \
    ORT_DISABLE_TELEMETRY=1
USER lookalike
WORKDIR /var/lib/lookalike
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["lookalike"]
CMD ["serve"]
