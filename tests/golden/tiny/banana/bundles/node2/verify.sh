#!/bin/sh
# Made by the HA guide for banana on plum-1, topology garden. Change the data of its services, not this file.
# One line for each process of node2; exit status 0 when all are well.
set -u
cd "$(dirname "$0")" || exit 1
if [ "$(uname -n | cut -d. -f1)" != node2 ]; then
    echo "verify.sh: this is $(uname -n), but the bundle is for node2" >&2
    exit 1
fi
if [ -r secrets.env ]; then
    # shellcheck source=/dev/null
    . ./secrets.env
fi
failed=0
faults=

unit() {
    systemctl is-active --quiet "$1" || faults="$faults; unit $1 is $(systemctl is-active "$1")"
}

# listening tcp|udp NUMBER ADDRESS: something listens there, on that address or on all.
listening() {
    case $1 in tcp) flags=-ltn ;; *) flags=-lun ;; esac
    ss -H "$flags" 2> /dev/null | awk '{ print $4 }' |
        grep -Fxq -e "$3:$2" -e "0.0.0.0:$2" -e "*:$2" -e "[::]:$2" -e ":::$2" ||
        faults="$faults; nothing listens on $3:$2/$1"
}

# answers LOWEST HIGHEST URL: the status lies between the two, as HAProxy's health check wants it.
answers() {
    status=$(curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$3") || true
    [ "$status" -ge "$1" ] && [ "$status" -le "$2" ] || faults="$faults; $3 answers $status"
}

report() {
    if [ -z "$faults" ]; then
        echo "ok      $1"
    else
        echo "FAILED  $1: ${faults#; }"
        failed=1
    fi
    faults=
}

# haproxy: Passes each connection on to a living server.
unit haproxy
listening tcp 9300 192.0.2.12
# HAProxy answers on its status page.
health() {
    curl -fsS -o /dev/null "http://127.0.0.1:9300/status"
}
(health) > /dev/null 2>&1 || faults="$faults; not true: "'HAProxy answers on its status page.'
report haproxy

# cellar: Shelves that hold the same on every node.
unit cellard
listening tcp 3306 192.0.2.12
answers 200 399 http://192.0.2.12:9200/state
# The shelves are in order.
health() {
    cellar-check
}
(health) > /dev/null 2>&1 || faults="$faults; not true: "'The shelves are in order.'
# The lights are on.
health() {
    cellar-lights |
        grep -qw on
}
(health) > /dev/null 2>&1 || faults="$faults; not true: "'The lights are on.'
report cellar

# cellar-monitor: Tells HAProxy whether the member works.
unit xinetd
listening tcp 9200 192.0.2.12
report cellar-monitor

# keepalived: Elects the load balancer that holds the virtual IP.
unit keepalived
report keepalived

# orchard-api: Answers those who want a tree.
unit plum-orchard-api
listening tcp 8080 192.0.2.12
answers 200 499 http://192.0.2.12:8080/ripe
report orchard-api

# orchard-picker: Picks the fruit.
unit plum-orchard-picker
report orchard-picker

# orchard-sorter: Sorts the fruit by size.
unit plum-orchard-sorter
report orchard-sorter

# orchard-juicer: Makes juice of what is left.
systemctl is-enabled --quiet plum-orchard-juicer || faults="$faults; unit plum-orchard-juicer is not enabled"
report orchard-juicer

exit "$failed"
