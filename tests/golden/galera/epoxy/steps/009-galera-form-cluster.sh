#!/bin/sh
# Made by the HA guide for epoxy on debian-13, topology collapsed. Change data/services/galera.yaml, not this file.
# Step 9 on hacontroller1: Form the cluster on the first node
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != hacontroller1 ]; then
    echo "009-galera-form-cluster.sh: this is $(uname -n), but the script is for hacontroller1" >&2
    exit 1
fi

systemctl daemon-reload
if mariadb -N -B -e "SHOW STATUS LIKE 'wsrep_ready'" 2>/dev/null | grep -qw ON; then
    echo "galera: this node is in its cluster already"
else
    if grep -s '^uuid:' /var/lib/mysql/grastate.dat | grep -qv '00000000-0000-0000-0000-000000000000'; then
        echo "galera: /var/lib/mysql/grastate.dat names a cluster that this node was in; recover that one, a new one would lose its data" >&2
        exit 1
    fi
    for peer in $(echo "192.0.2.11,192.0.2.12,192.0.2.13" | tr ',' ' '); do
        if [ "$peer" != "192.0.2.11" ] && curl -fs --noproxy '*' --max-time 15 -o /dev/null "http://$peer:9200/"; then
            echo "galera: $peer is in a cluster already; join that one with systemctl restart mariadb" >&2
            exit 1
        fi
    done
    systemctl stop mariadb
    galera_new_cluster
fi
systemctl enable mariadb
