#!/bin/sh
# Made by the HA guide for epoxy on debian-13, topology collapsed. Change data/services/galera.yaml, not this file.
# Step 10 on hacontroller1: Create the accounts of the monitor and of the state transfer
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != hacontroller1 ]; then
    echo "010-galera-create-accounts.sh: this is $(uname -n), but the script is for hacontroller1" >&2
    exit 1
fi

mariadb <<'EOF'
CREATE USER IF NOT EXISTS 'mysql'@'localhost' IDENTIFIED VIA unix_socket;
GRANT RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR, REPLICA MONITOR ON *.* TO 'mysql'@'localhost';
CREATE USER IF NOT EXISTS 'galera-monitor'@'localhost' IDENTIFIED VIA unix_socket;
DROP DATABASE IF EXISTS test;
EOF
mariadb -N -B -e "SELECT CONCAT('DROP USER ', QUOTE(user), '@', QUOTE(host), ';') FROM mysql.global_priv WHERE user = '' OR (user = 'root' AND host <> 'localhost')" | mariadb
