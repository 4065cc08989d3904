#!/bin/sh
# Made by the HA guide for cherry on plum-1, topology garden. Change data/services/orchard.yaml, not this file.
# Step 9 on node1, node2, node3: Start the orchard
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node1 ]; then
    echo "09-orchard-start.sh: this is $(uname -n), but the script is for node1" >&2
    exit 1
fi

systemctl start plum-orchard-api
