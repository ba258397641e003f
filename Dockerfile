# Two images from one file: `app` for board, API, reaper and the scores worker; `models` is the same with torch.
# Packages come as wheels, so that neither holds a compiler, and in layers of their own: a change of our code is small.

FROM python:3.11-slim-bookworm AS packages
RUN groupadd --gid 10001 rematch \
    && useradd --uid 10001 --gid rematch --home-dir /var/lib/rematch --no-create-home --shell /usr/sbin/nologin rematch \
    # Named volumes take their owner from the folders that they are mounted on.
    && for folder in . artifacts uploads splits data weights objects cache cache/scratch; do \
        install -d -o rematch -g rematch /var/lib/rematch/$folder; done \
    && python -m venv /opt/rematch
ENV PATH=/opt/rematch/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/tmp/kernels \
    REMATCH_HOME=/var/lib/rematch TMPDIR=/var/lib/rematch/cache/scratch REMATCH_ALIVE_FOLDER=/tmp/alive
COPY requirements/core.txt requirements/server.txt /opt/rematch/requirements/
RUN pip install --require-hashes --only-binary :all: \
        --requirement /opt/rematch/requirements/core.txt --requirement /opt/rematch/requirements/server.txt
WORKDIR /srv/rematch
ENTRYPOINT ["rematch-entry"]
CMD ["rematch", "--help"]

FROM packages AS packages-of-models
COPY requirements/models.txt /opt/rematch/requirements/
RUN pip install --require-hashes --only-binary :all: --requirement /opt/rematch/requirements/models.txt

# What is ours, the same for both images; kernels are compiled for the kind of processor that builds the image.
FROM packages AS project
WORKDIR /source
COPY pyproject.toml README.md LICENSE CITATION.cff ./
COPY splits splits
COPY evaluator evaluator
COPY submissions submissions
COPY worker worker
COPY leaderboard leaderboard
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /built . && pip install --no-deps /built/*.whl
# Not beside the sources: what is cached is known by the path it was imported from.
COPY deploy/compile_kernels.py /built/
RUN NUMBA_CACHE_DIR=/built/files/opt/rematch/kernels python /built/compile_kernels.py
COPY deploy/rematch-entry deploy/rematch-alive deploy/rematch-answers /built/files/usr/local/bin/
COPY .streamlit /built/files/srv/rematch/.streamlit

FROM packages AS app
RUN --mount=from=project,source=/built,target=/built pip install --no-deps /built/*.whl && cp -r /built/files/. /
USER 10001:10001

FROM packages-of-models AS models
RUN --mount=from=project,source=/built,target=/built pip install --no-deps /built/*.whl && cp -r /built/files/. /
USER 10001:10001
