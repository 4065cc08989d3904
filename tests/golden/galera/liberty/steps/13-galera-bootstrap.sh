#!/bin/sh
# Made by the HA guide for liberty on centos-7, topology collapsed. Change data/services/galera.yaml, not this file.
# Step 13 on hacontroller1: Form the cluster on the first node
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != hacontroller1 ]; then
    echo "13-galera-bootstrap.sh: this is $(uname -n), but the script is for hacontroller1" >&2
    exit 1
fi

systemctl daemon-reload
sql() {
    mysql --defaults-extra-file=/root/.my.cnf -N -B -e "$1" 2>/dev/null || mysql --no-defaults -u root -N -B -e "$1" 2>/dev/null
}
synced() {
    sql "SHOW STATUS LIKE 'wsrep_local_state_comment'" | grep -qw Synced
}
if synced; then
    echo "galera: this node is Synced already"
else
    if grep '^uuid:' /var/lib/mysql/grastate.dat 2>/dev/null | grep -qv '00000000-0000-0000-0000-000000000000'; then
        echo "galera: /var/lib/mysql/grastate.dat names a cluster that this node was in; recover that one, a new one would lose its data" >&2
        exit 1
    fi
    for peer in $(echo "192.0.2.11,192.0.2.12,192.0.2.13" | tr ',' ' '); do
        if [ "$peer" != "192.0.2.11" ] && curl -fs --noproxy '*' --max-time 15 -o /dev/null "http://$peer:9200/"; then
            echo "galera: $peer is in a cluster already; join that one with systemctl start mariadb" >&2
            exit 1
        fi
    done
    dropin=/run/systemd/system/mariadb.service.d
    trap 'rm -f "$dropin/bootstrap.conf"; systemctl daemon-reload' EXIT
    mkdir -p "$dropin"
    cat > "$dropin/bootstrap.conf" <<'EOF'
[Service]
ExecStart=
ExecStart=/usr/bin/mysqld_safe --basedir=/usr --wsrep-cluster-address=gcomm://
EOF
    systemctl daemon-reload
    systemctl start mariadb
    tries=0
    until synced; do
        tries=$((tries + 1))
        if [ "$tries" -ge 120 ]; then
            echo "galera: not Synced after 120 s; see /var/log/mariadb/mariadb.log" >&2
            exit 1
        fi
        sleep 1
    done
fi
systemctl enable mariadb
