# The image holds one program, the libraries that it is linked with, and the certificates of the authorities that it trusts.
#
#     docker build --tag maestro .
#
# `npm run build:image` makes the same with buildah from a program that is built already: it puts the folder dist/image in the
# place of the stage "files", and so needs no base image.

ARG BASE=docker.io/library/node:22-bookworm
FROM ${BASE} AS build
ARG REVISION
WORKDIR /source
COPY . .
RUN npm ci --no-audit --no-fund \
 && MAESTRO_COMMIT="$REVISION" npm run build \
 && node_modules/.bin/node scripts/image_files.ts --outdir /image

FROM scratch AS files
COPY --from=build /image/ /

FROM scratch
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="Maestro" \
      org.opencontainers.image.description="Glue your services into workflows that survive failure" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=files /root/ /
COPY --from=files --chown=65532:65532 /state/ /var/lib/maestro/
# The store is where it is by default, and the config file is /etc/maestro/config.yaml.
ENV XDG_STATE_HOME=/var/lib \
    XDG_CONFIG_HOME=/etc \
    MAESTRO_STORE=sqlite:/var/lib/maestro/maestro.db \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
WORKDIR /workflows
VOLUME /var/lib/maestro
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/maestro"]
CMD ["help"]
