# "docker build ." makes the image from the sources only. "--platform linux/arm64" makes that for arm64 on an x86-64
# machine: the first stage compiles for the other architecture, and the last one runs nothing. "./build.sh image" makes
# the same image offline: the same script stages the root file system on the host, and docker/image.sh builds the last
# stage below from that.

# src/build/README.md says how to raise the SDK image and the snapshot.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0.401-noble@sha256:35d40304542c8689331f8cab17c65926cdf48fe711e289321d71924b230a7d29
# BuildKit sets it. Docker without BuildKit, and buildah 1.28 for another architecture, need
# --build-arg BUILDPLATFORM=linux/amd64 (or the machine's own).
ARG BUILDPLATFORM
FROM --platform=$BUILDPLATFORM ${SDK_IMAGE} AS build
# amd64 or arm64
ARG TARGETARCH
# If the base's apt is older than 2.8, set this to nothing. apt then installs the newest packages.
ARG APT_SNAPSHOT=20261001T000000Z
WORKDIR /source
COPY . .
# The image has no git, so the revision for --version is an argument.
ARG REVISION=""
RUN CI=true SourceRevisionId=$REVISION src/build/publish.sh "$TARGETARCH"
ARG SOURCE_DATE_EPOCH=0
RUN src/build/install-packages.sh binutils busybox ca-certificates libisal2 python3 \
 && docker/stage-root.sh "$TARGETARCH" "$(find dist -name oso-snapshot)" /image /oso_snapshot.cdx.json

FROM scratch
COPY --from=build /image/ /
# Only the same user and group may enter /proc/1/root. In the official image, Prometheus is 65534:65534.
USER 65534:65534
# Without HOME every TLS handshake of .NET fails.
ENV HOME=/tmp PATH=/usr/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# docker build . --build-arg VERSION=… --build-arg REVISION=… --label org.opencontainers.image.source=…
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="oso_snapshot" \
      org.opencontainers.image.description="Backs up the TSDB of a running Prometheus from an ephemeral container beside it" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/usr/bin/oso-snapshot"]
