# The page in a container, for CPUs or for CUDA:
#
#   docker build --build-arg TORCH_INDEX=INDEX -t vizlab .       # CPU; INDEX as the README says under "CPU or CUDA"
#   docker build --build-arg DEVICE=cuda -t vizlab:cuda .        # what pip takes by itself: torch with CUDA
#   docker run --init -p 127.0.0.1:7860:7860 vizlab              # CUDA: and --gpus all
#
# As it is, it answers to this machine's names alone. For others name the host that they call, and who may sign in:
#
#   docker run --init -p 7860:7860 -e VIZLAB_ALLOWED_HOST=lab.example.org -e VIZLAB_AUTH=/users -v "$PWD/users:/users:ro" vizlab
#
# It asks no other host for anything and writes to /tmp alone, so it runs with less:
#
#   docker run --init --read-only --tmpfs /tmp --cap-drop ALL --memory 8g -p 127.0.0.1:7860:7860 vizlab
#
# All settings: `docker run vizlab vizlab page --help`; each is a VIZLAB_* variable. The tests read this file
# (tests/packaging/test_image.py).

# What the tests run on; any image of this Python will do.
ARG PYTHON=python:3.11-slim


FROM ${PYTHON} AS build
ARG DEVICE=cpu
ARG TORCH_INDEX=
ARG EXTRAS=formats,serve
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_ONLY_BINARY=:all:
WORKDIR /source

# Without pip: what serves the page can install nothing.
RUN python -m venv --without-pip /opt/vizlab

# Torch is the largest part and changes the least. Its index has not all of what it needs in the versions that are pinned,
# so that is left to the next step. On x86-64 what pip takes by itself brings gigabytes of CUDA, which nobody asked for here.
COPY constraints.txt ./
RUN if [ "$DEVICE" = cpu ] && [ "$(uname -m)" = x86_64 ] && [ -z "$TORCH_INDEX" ]; then \
      echo "Found no TORCH_INDEX; for CPUs expected --build-arg TORCH_INDEX=INDEX, see the README; for CUDA give --build-arg DEVICE=cuda." >&2; \
      exit 1; \
    fi; \
    python -m pip --python /opt/vizlab/bin/python install -q --no-deps -c constraints.txt \
      ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch

COPY . ./
RUN python -m pip --python /opt/vizlab/bin/python install -q -c constraints.txt ".[$EXTRAS]"


FROM ${PYTHON}
LABEL org.opencontainers.image.title="vizlab" \
      org.opencontainers.image.description="A microscope for networks that fuse" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --create-home --uid 1000 --shell /usr/sbin/nologin vizlab
COPY --from=build /opt/vizlab /opt/vizlab
# A container's addresses are its own: `docker run -p` says who reaches the page, and VIZLAB_ALLOWED_HOST under what name.
ENV PATH=/opt/vizlab/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    VIZLAB_HOST=0.0.0.0 VIZLAB_PORT=7860 VIZLAB_ALLOWED_HOST=localhost
USER 1000:1000
WORKDIR /tmp
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener as o; o(ProxyHandler({})).open('http://127.0.0.1:7860/health', timeout=4)"]
CMD ["vizlab", "page"]
