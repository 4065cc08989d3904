#!/bin/sh
# Made by the HA guide for juno on centos-7, topology collapsed. Change data/services/galera.yaml, not this file.
# Step 12 on hacontroller1, hacontroller2, hacontroller3: Start the monitor
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != hacontroller1 ]; then
    echo "12-galera-monitor.sh: this is $(uname -n), but the script is for hacontroller1" >&2
    exit 1
fi

systemctl enable xinetd
systemctl start xinetd
if ! ss -ltn | grep -qF "192.0.2.11:9200 "; then
    systemctl restart xinetd
fi
tries=0
until ss -ltn | grep -qF "192.0.2.11:9200 "; do
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ]; then
        echo "galera: nothing listens on 192.0.2.11:9200 after 30 s; see journalctl -u xinetd" >&2
        exit 1
    fi
    sleep 1
done
