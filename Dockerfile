# A registry in a container: docs/guide/running.md, "In containers", says how to run it.

# --- build: the packages, which need pip, and later nothing of what pip leaves ---------
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1

WORKDIR /opt/registry
RUN python -m venv .venv
# these four alone, so that a change of the code does not install everything again
COPY pyproject.toml constraints.txt README.md LICENSE ./
# "compat" puts this folder on the path of Python, and the code is copied there below
RUN .venv/bin/python -m pip install -c constraints.txt \
    --config-settings editable_mode=compat -e .

# --- runtime: the packages, the code, and an account that owns nothing but the data ----
FROM python:3.11-slim-bookworm AS runtime

# Graphviz draws pictures of lineage. Git, 2.29 or later, fetches the repositories of run
# requests, and needs the certificates for https. The release of Debian is pinned, not the
# packages
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git graphviz \
    && rm -rf /var/lib/apt/lists/*

RUN groupadd --system --gid 10001 registry \
    && useradd --system --uid 10001 --gid registry --no-create-home \
        --home-dir /nonexistent --shell /usr/sbin/nologin registry \
    && install -d -m 700 -o registry -g registry /var/lib/registry

WORKDIR /opt/registry
COPY --from=build /opt/registry/.venv .venv
COPY manage.py LICENSE ./
COPY docs/guide docs/guide
COPY examples examples
COPY static static
COPY templates templates
COPY config config
COPY registry registry
# the account below cannot write here, so compile the code now
RUN .venv/bin/python -m compileall -q config registry

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORT=8000 \
    REGISTRY_DATA_DIR=/var/lib/registry

# by number, so that an orchestrator sees that it is not root
USER 10001:10001
VOLUME /var/lib/registry
EXPOSE 8000

# the image has no curl; PORT may be set to another than the default
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD [".venv/bin/python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/livez', timeout=4)"]

# as `make run` does, without the example; `exec` hands the signals to the server
CMD ["sh", "-c", ".venv/bin/python manage.py prepare --no-example && exec .venv/bin/python manage.py serve --host 0.0.0.0"]
