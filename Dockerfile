# syntax=docker/dockerfile:1
# docker build .  makes the image from the sources alone. ./build.sh image makes the same one offline: it stages the root file system on the
# host with the same script, and builds the last stage below from it (see docker/image.sh).

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
# Without git in here, the revision for --version comes from outside.
ARG REVISION=""
RUN SourceRevisionId=$REVISION ./build.sh publish
ARG SOURCE_DATE_EPOCH=0
RUN src/build/install-packages.sh busybox-static ca-certificates libisal2 python3 \
 && docker/stage-root.sh dist/oso-snapshot /image /oso_snapshot.cdx.json

FROM scratch
COPY --from=build /image/ /
# 65534:65534 is Prometheus' own identity in the official image: /proc/1/root opens to the same user and group only.
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
