#!/bin/sh
# Made by the HA guide for epoxy on debian-13, topology collapsed. Change data/services/galera.yaml, not this file.
# Step 12 on hacontroller1: Check that all members are there
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != hacontroller1 ]; then
    echo "012-galera-check-cluster.sh: this is $(uname -n), but the script is for hacontroller1" >&2
    exit 1
fi

members=$(echo "192.0.2.11,192.0.2.12,192.0.2.13" | tr ',' '\n' | wc -l)
size=$(mariadb -N -B -e "SHOW STATUS LIKE 'wsrep_cluster_size'" | cut -f 2)
if [ "$size" != "$members" ]; then
    echo "galera: the cluster has $size members instead of $members; see journalctl -u mariadb on each" >&2
    exit 1
fi
