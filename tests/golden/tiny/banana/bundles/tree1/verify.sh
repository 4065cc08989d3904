#!/bin/sh
# Made by the HA guide for banana on plum-1, topology garden. Change the data of its services, not this file.
# One line for each process of tree1; exit status 0 when all are well.
set -u
cd "$(dirname "$0")" || exit 1
if [ "$(uname -n | cut -d. -f1)" != tree1 ]; then
    echo "verify.sh: this is $(uname -n), but the bundle is for tree1" >&2
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


report() {
    if [ -z "$faults" ]; then
        echo "ok      $1"
    else
        echo "FAILED  $1: ${faults#; }"
        failed=1
    fi
    faults=
}

# orchard-tree: Grows.
unit plum-orchard-tree
listening udp 5900 192.0.2.21
report orchard-tree

exit "$failed"
