#!/usr/bin/env bash
# Usage: install-packages.sh PACKAGE…
# Installs the Debian packages that are missing. If none is missing, it needs neither root nor a network.
# APT_SNAPSHOT, such as 20261001T000000Z, selects the distribution's packages of that time. It needs apt 2.8 or later.
set -euo pipefail

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# apt knows that libssl3t64 provides libssl3 on other releases. dpkg does not.
all_present() {
  local plan
  plan=$(apt-get --simulate install --no-upgrade --no-install-recommends "$@" 2>/dev/null) && ! grep -q '^Inst ' <<<"$plan"
}

if all_present "$@"; then
  exit 0
fi

echo "Some of these packages are missing, and are installed with apt: $*"
as_root apt-get update -qq
snapshot=()
if [[ -n ${APT_SNAPSHOT:-} ]]; then
  # From the update above, apt knows the mirror's snapshot server.
  snapshot=(--snapshot "$APT_SNAPSHOT")
  as_root apt-get update -qq "${snapshot[@]}" -o APT::Update::Error-Mode=any
fi
as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -qq --yes --no-upgrade --no-install-recommends "${snapshot[@]}" "$@" ||
  {
    echo "apt could not install: $*. Install these packages by hand, then run this again." >&2
    exit 1
  }
