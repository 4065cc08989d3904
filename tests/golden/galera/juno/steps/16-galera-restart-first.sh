#!/bin/sh
# Made by the HA guide for juno on centos-7, topology collapsed. Change data/services/galera.yaml, not this file.
# Step 16 on hacontroller1: Restart the first node as an ordinary member
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != hacontroller1 ]; then
    echo "16-galera-restart-first.sh: this is $(uname -n), but the script is for hacontroller1" >&2
    exit 1
fi

size() {
    mysql --defaults-extra-file=/root/.my.cnf -N -B -e "SHOW STATUS LIKE 'wsrep_cluster_size'" 2>/dev/null | cut -f 2
}
members=$(echo "192.0.2.11,192.0.2.12,192.0.2.13" | tr ',' '\n' | wc -l)
wait_for_all() {
    tries=0
    until [ "$(size)" = "$members" ] && clustercheck >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -ge 120 ]; then
            echo "galera: the cluster has $(size) members instead of $members after 120 s; see /var/log/mariadb/mariadb.log on each" >&2
            exit 1
        fi
        sleep 1
    done
}
wait_for_all
main=$(systemctl show -p MainPID mariadb | cut -d= -f2)
if tr '\0' '\n' < "/proc/$main/cmdline" | grep -qxF -e '--wsrep-cluster-address=gcomm://'; then
    systemctl restart mariadb
    wait_for_all
fi
