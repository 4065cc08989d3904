#!/bin/sh
# Made by the HA guide for cherry on plum-1, topology garden. Change data/services/haproxy.yaml, not this file.
# Step 3 on node1, node2, node3: Start HAProxy
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node2 ]; then
    echo "03-haproxy-start.sh: this is $(uname -n), but the script is for node2" >&2
    exit 1
fi

systemctl start haproxy
