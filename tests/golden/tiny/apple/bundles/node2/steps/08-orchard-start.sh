#!/bin/sh
# Made by the HA guide for apple on plum-1, topology garden. Change data/services/orchard.yaml, not this file.
# Step 8 on node1, node2, node3: Start the orchard
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node2 ]; then
    echo "08-orchard-start.sh: this is $(uname -n), but the script is for node2" >&2
    exit 1
fi

systemctl start plum-orchard-api
