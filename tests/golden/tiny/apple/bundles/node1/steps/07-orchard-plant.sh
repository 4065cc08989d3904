#!/bin/sh
# Made by the HA guide for apple on plum-1, topology garden. Change data/services/orchard.yaml, not this file.
# Step 7 on node1: Plant the first tree
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node1 ]; then
    echo "07-orchard-plant.sh: this is $(uname -n), but the script is for node1" >&2
    exit 1
fi
if [ ! -r secrets.env ]; then
    echo "07-orchard-plant.sh: secrets.env is missing: copy secrets.env.example and fill it in" >&2
    exit 1
fi
# shellcheck source=/dev/null
. ./secrets.env
: "${ORCHARD_API:?is empty in secrets.env}"
: "${ORCHARD_SERVICE:?is empty in secrets.env}"

orchard-plant --password "${ORCHARD_API}" --key "${ORCHARD_SERVICE}"
