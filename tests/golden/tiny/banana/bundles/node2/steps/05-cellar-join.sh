#!/bin/sh
# Made by the HA guide for banana on plum-1, topology garden. Change data/services/cellar.yaml, not this file.
# Step 5 on node2, node3: Join the cluster
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node2 ]; then
    echo "05-cellar-join.sh: this is $(uname -n), but the script is for node2" >&2
    exit 1
fi

if ! cellar-check; then
    cellar-join "192.0.2.11"
fi
