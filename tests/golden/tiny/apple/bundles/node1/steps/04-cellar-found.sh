#!/bin/sh
# Made by the HA guide for apple on plum-1, topology garden. Change data/services/cellar.yaml, not this file.
# Step 4 on node1: Found the cluster
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node1 ]; then
    echo "04-cellar-found.sh: this is $(uname -n), but the script is for node1" >&2
    exit 1
fi

cellar-found "node1"
