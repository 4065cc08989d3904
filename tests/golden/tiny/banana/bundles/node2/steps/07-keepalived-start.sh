#!/bin/sh
# Made by the HA guide for banana on plum-1, topology garden. Change data/services/keepalived.yaml, not this file.
# Step 7 on node1, node2, node3: Start keepalived
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node2 ]; then
    echo "07-keepalived-start.sh: this is $(uname -n), but the script is for node2" >&2
    exit 1
fi

systemctl start keepalived
