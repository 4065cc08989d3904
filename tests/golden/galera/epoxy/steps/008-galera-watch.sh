#!/bin/sh
# Made by the HA guide for epoxy on debian-13, topology collapsed. Change data/services/galera.yaml, not this file.
# Step 8 on hacontroller1, hacontroller2, hacontroller3: Start the monitor
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != hacontroller1 ]; then
    echo "008-galera-watch.sh: this is $(uname -n), but the script is for hacontroller1" >&2
    exit 1
fi

systemd-sysusers ha-guide-galera-monitor.conf
systemctl daemon-reload
systemctl enable galera-monitor.socket
started=$(systemctl show --timestamp=unix -p ActiveEnterTimestamp --value galera-monitor.socket | grep '^@' || echo @0)
changed=$(find /usr/libexec/ha-guide/galera-monitor /etc/systemd/system/galera-monitor.socket /etc/systemd/system/galera-monitor.service -newerct "$started")
if [ -n "$changed" ] || ! ss -Hltn "sport = :9200" | grep -qF "192.0.2.11:9200 "; then
    # The instances are those of a monitor that systemd started for each question, before this one.
    systemctl stop galera-monitor.socket galera-monitor.service 'galera-monitor@*.service'
    systemctl start galera-monitor.socket
fi
ss -Hltn "sport = :9200" | grep -qF "192.0.2.11:9200 " || {
    echo "galera: nothing listens on 192.0.2.11:9200; see systemctl status galera-monitor.socket" >&2
    exit 1
}
