#!/usr/bin/env bash
# Usage: install-packages.sh PACKAGE…
# Installs the Debian packages that are missing. Where none is, it needs neither root nor a network.
# APT_SNAPSHOT, such as 20261001T000000Z, installs them as the distribution had them at that time; apt 2.8 or later is needed.
set -euo pipefail

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# apt, not dpkg, is asked: it knows that libssl3t64 stands for libssl3 on other releases.
all_present() {
  local plan
  plan=$(apt-get --simulate install --no-upgrade --no-install-recommends "$@" 2>/dev/null) && ! grep -q '^Inst ' <<<"$plan"
}

if all_present "$@"; then
  exit 0
fi

echo "Installing with apt what is missing of: $*"
as_root apt-get update -qq
snapshot=()
if [[ -n ${APT_SNAPSHOT:-} ]]; then
  # After the update above: apt learns from it which snapshot server a mirror belongs to.
  snapshot=(--snapshot "$APT_SNAPSHOT")
  as_root apt-get update -qq "${snapshot[@]}" -o APT::Update::Error-Mode=any
fi
as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -qq --yes --no-upgrade --no-install-recommends "${snapshot[@]}" "$@" ||
  {
    echo "apt could not install: $*. Install these packages by hand, then run this again." >&2
    exit 1
  }
