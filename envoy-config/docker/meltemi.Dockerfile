# Meltemi's own images, one target each, with the repository as the context:
#
#   docker build -f envoy-config/docker/meltemi.Dockerfile --target adapter -t ghcr.io/meltemi/adapter:0.1.0 .
#   docker build -f envoy-config/docker/meltemi.Dockerfile --target wasm -t ghcr.io/meltemi/wasm:0.1.0 .
#
# `adapter` is the command line with the filter inside, `wasm` the filter alone as Istio's WasmPlugin takes it, `demo` the service and the
# client of docker-compose.yaml.
#
# Behind a mirror, give npm's settings with `--secret id=npmrc,src=$HOME/.npmrc`, and the certificates that are trusted with
# `--secret id=certificates,src=/etc/ssl/certs/ca-certificates.crt`. Neither stays in an image.

# Pinned by its tag. Whoever publishes images adds the digest (`docker buildx imagetools inspect`): where this was written it could not be
# looked up.
ARG NODE_IMAGE=node:20.20.2-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /meltemi
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc \
    --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    NPM_CONFIG_USERCONFIG=/run/secrets/npmrc npm ci
COPY LICENSE asconfig.json tsconfig.json tsconfig.build.json ./
COPY protos protos
COPY filter filter
COPY adapter adapter
RUN npm run build

FROM build AS production
RUN npm prune --omit=dev

FROM ${NODE_IMAGE} AS adapter
LABEL org.opencontainers.image.title="Meltemi: adapter" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /meltemi
COPY --from=production /meltemi/package.json /meltemi/LICENSE ./
COPY --from=production /meltemi/node_modules node_modules
COPY --from=production /meltemi/dist dist
RUN ln -s /meltemi/dist/adapter/cli/main.js /usr/local/bin/meltemi
USER 65532:65532
# 18000: xDS, 18080: health, metrics and the filter's code. They are as the command says; the admin interface stays on loopback.
EXPOSE 18000 18080
ENTRYPOINT ["meltemi"]
CMD ["--help"]

# One layer with one file: what Istio calls the compatible variant of a Wasm image.
FROM scratch AS wasm
LABEL org.opencontainers.image.title="Meltemi: filter" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /meltemi/dist/meltemi.wasm plugin.wasm

# With all that is there for development, since the demo's Dubbo library is among it. Nothing for production.
FROM build AS demo
WORKDIR /meltemi/dist/adapter/demo
USER 65532:65532
