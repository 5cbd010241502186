# Two images: `predictor` serves a model bundle, `jobs` trains, scores and controls. docs/images.md has their sizes
# and how they are run.

ARG PYTHON=python:3.11-slim-bookworm

# What both run on: Python without its installer, OpenMP for LightGBM, a user without a name or a shell.
FROM ${PYTHON} AS base
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgomp1 \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old \
    /usr/local/bin/pip* /usr/local/lib/python3.11/site-packages/pip*
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    # The model has threads of its own; OpenBLAS would keep memory for each core of a large node.
    OPENBLAS_NUM_THREADS=1
WORKDIR /app

# The packages of a lock, checked by their hashes, compiled, without what is not used. Wheels only: nothing is built.
FROM ${PYTHON} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_CACHE_DIR=/build/pip LANG=C.UTF-8
ARG SOURCE_DATE_EPOCH
RUN python3 -m venv --without-pip /opt/venv \
 && printf '/app\n' > /opt/venv/lib/python3.11/site-packages/blinkscoring.pth \
 && printf '#!/opt/venv/bin/python\nfrom blink.__main__ import main\n\nmain()\n' > /opt/venv/bin/blink \
 && chmod 755 /opt/venv/bin/blink

FROM packages AS packages-predictor
COPY requirements.predictor.lock /build/
RUN --mount=type=cache,target=/build/pip \
    python3 -m pip --python /opt/venv/bin/python install --quiet --no-deps --no-compile --only-binary :all: \
      --require-hashes -r /build/requirements.predictor.lock
COPY .docker /build/docker
RUN /build/docker/prune /opt/venv/lib/python3.11/site-packages predictor \
 && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib/python3.11/site-packages

FROM packages AS packages-jobs
COPY requirements.jobs.lock /build/
RUN --mount=type=cache,target=/build/pip \
    python3 -m pip --python /opt/venv/bin/python install --quiet --no-deps --no-compile --only-binary :all: \
      --require-hashes -r /build/requirements.jobs.lock
COPY .docker /build/docker
RUN /build/docker/prune /opt/venv/lib/python3.11/site-packages jobs \
 && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib/python3.11/site-packages

# The native engine, compiled by zig: 400 MB that no image keeps.
FROM ${PYTHON} AS native
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_CACHE_DIR=/build/pip LANG=C.UTF-8
COPY requirements.lock /build/
RUN --mount=type=cache,target=/build/pip \
    awk '/^ziglang==/ {found = 1; print; next} found && /^ / {print; next} {found = 0}' /build/requirements.lock \
      > /build/zig.lock \
 && python3 -m pip install --quiet --no-deps --only-binary :all: --require-hashes -r /build/zig.lock
COPY forest/native /build/native
RUN python3 /build/native/build.py /build/made

# Our own rooms, compiled; a compiled file is compared with the hash of its source, not with a time.
FROM ${PYTHON} AS rooms-predictor
WORKDIR /app
COPY forest forest
COPY --from=native /build/made/ forest/native/
COPY credit credit
COPY predictor predictor
COPY blink blink
RUN python3 -m compileall -q -j 0 --invalidation-mode checked-hash /app

FROM rooms-predictor AS rooms-jobs
COPY drift drift
COPY rollout rollout
COPY trainer trainer
COPY workflows workflows
RUN python3 -m compileall -q -j 0 --invalidation-mode checked-hash drift rollout trainer workflows

FROM base AS predictor
COPY --from=packages-predictor /opt/venv /opt/venv
COPY --from=rooms-predictor /app /app
USER 10001:10001
CMD ["blink", "--help"]
EXPOSE 8080 8081
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="blink/predictor" \
      org.opencontainers.image.description="Serves a BlinkScoring model bundle: KServe V1 and V2, /score, gRPC" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM base AS jobs
COPY --from=packages-jobs /opt/venv /opt/venv
COPY --from=rooms-jobs /app /app
USER 10001:10001
CMD ["blink", "--help"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="blink/jobs" \
      org.opencontainers.image.description="BlinkScoring's jobs: training, scoring, migrations, control" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
