# Periscope as an image: docs/self-hosting.md. Needs no BuildKit.
#   docker build -t periscope .                          for CPUs
#   docker build -t periscope --build-arg COMPUTE=gpu .  for NVIDIA GPUs

# A digest pins it further: --build-arg PYTHON_IMAGE=python@sha256:...
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS builder

# Where packages come from, for those who have a mirror; not set, pip and npm ask the public indexes.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_TRUSTED_HOST
ARG NPM_CONFIG_REGISTRY

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH

# torch first and alone, as in the Makefile: with it installed, nothing drags in another build of it.
ARG COMPUTE=cpu
ARG TORCH_CPU_INDEX=https://download.pytorch.org/whl/cpu
COPY constraints.txt ./
RUN torch="$(grep '^torch==' constraints.txt)" \
    && case "$COMPUTE" in \
         cpu) pip install --constraint constraints.txt --extra-index-url "$TORCH_CPU_INDEX" "$torch+cpu" ;; \
         gpu) pip install --constraint constraints.txt "$torch" ;; \
         *) echo "COMPUTE must be cpu or gpu, not $COMPUTE" >&2; exit 1 ;; \
       esac \
    && python -c "import sys, torch; got = 'gpu' if torch.version.cuda else 'cpu'; \
         sys.exit(got != '$COMPUTE' and 'This torch is for ' + got + ', not for $COMPUTE')"

# The dependencies in a layer of their own: a change of the code does not install them again.
COPY pyproject.toml README.md LICENSE ./
RUN mkdir app models \
    && touch app/__init__.py models/__init__.py \
    && pip install --constraint constraints.txt --editable .

COPY scripts/fetch_assets.py scripts/
COPY app/__init__.py app/assets.py app/
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc frontend/
RUN python scripts/fetch_assets.py

FROM ${PYTHON_IMAGE}

LABEL org.opencontainers.image.title="Periscope" org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 periscope \
    && useradd --uid 10001 --gid periscope --home-dir /data --no-create-home --shell /usr/sbin/nologin periscope \
    && install --directory --owner periscope --group periscope --mode 0700 /data
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_WAIT_POLICY=PASSIVE \
    TOKENIZERS_PARALLELISM=false \
    HF_HOME=/data/huggingface \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    PERISCOPE_DATA_DIR=/data \
    PERISCOPE_HOST=0.0.0.0 \
    PERISCOPE_PORT=8000

# Owned by root: the process cannot change its own code.
WORKDIR /app
COPY --from=builder /opt/venv /opt/venv
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY alembic alembic
COPY models models
COPY frontend frontend
COPY --from=builder /app/frontend/static/vendor frontend/static/vendor
COPY app app
RUN python -m compileall -q app models

USER periscope
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['PERISCOPE_PORT'] + '/readyz', timeout=4)"]
ENTRYPOINT ["periscope"]
CMD ["serve"]
