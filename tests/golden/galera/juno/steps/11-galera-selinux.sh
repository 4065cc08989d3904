#!/bin/sh
# Made by the HA guide for juno on centos-7, topology collapsed. Change data/services/galera.yaml, not this file.
# Step 11 on hacontroller1, hacontroller2, hacontroller3: Allow the ports of the state transfers under SELinux
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != hacontroller1 ]; then
    echo "11-galera-selinux.sh: this is $(uname -n), but the script is for hacontroller1" >&2
    exit 1
fi

if selinuxenabled 2>/dev/null; then
    for port in 4444 4568; do
        if ! semanage port -l | awk '$1 == "mysqld_port_t" && $2 == "tcp"' | grep -qw "$port"; then
            semanage port -a -t mysqld_port_t -p tcp "$port" 2>/dev/null || semanage port -m -t mysqld_port_t -p tcp "$port"
        fi
    done
fi
