#!/bin/sh
# Made by the HA guide for liberty on centos-7, topology collapsed. Change data/services/galera.yaml, not this file.
# Step 14 on hacontroller1: Secure the accounts and create that of the monitor
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != hacontroller1 ]; then
    echo "14-galera-accounts.sh: this is $(uname -n), but the script is for hacontroller1" >&2
    exit 1
fi
if [ ! -r secrets.env ]; then
    echo "14-galera-accounts.sh: secrets.env is missing: copy secrets.env.example and fill it in" >&2
    exit 1
fi
# shellcheck source=/dev/null
. ./secrets.env
: "${GALERA_MONITOR:?is empty in secrets.env}"
: "${MYSQL_ROOT:?is empty in secrets.env}"

root_sql() {
    mysql --defaults-extra-file=/root/.my.cnf -N -B "$@"
}
if ! root_sql -e 'SELECT 1' >/dev/null 2>&1; then
    mysql --no-defaults -u root <<EOF
SET PASSWORD FOR 'root'@'localhost' = PASSWORD('${MYSQL_ROOT}');
EOF
fi
root_sql -e "SELECT CONCAT('DROP USER ', QUOTE(user), '@', QUOTE(host), ';') FROM mysql.user WHERE user = '' OR (user = 'root' AND host <> 'localhost')" | root_sql
root_sql <<'EOF'
DROP DATABASE IF EXISTS test;
DELETE FROM mysql.db WHERE user = '' AND db LIKE 'test%';
FLUSH PRIVILEGES;
EOF
root_sql <<EOF
GRANT USAGE ON *.* TO 'clustercheck'@'localhost' IDENTIFIED BY '${GALERA_MONITOR}';
EOF
