#!/bin/sh
# Made by the HA guide for cherry on plum-1, topology garden. Change data/services/cellar.yaml, not this file.
# Step 6 on node1, node2, node3: Turn the lights on
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node2 ]; then
    echo "06-cellar-light.sh: this is $(uname -n), but the script is for node2" >&2
    exit 1
fi

cellar-lights on
