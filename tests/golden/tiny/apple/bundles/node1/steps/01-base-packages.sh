#!/bin/sh
# Made by the HA guide for apple on plum-1, topology garden. Change the data of its services, not this file.
# Step 1 on node1, node2, node3, tree1: Install the packages
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node1 ]; then
    echo "01-base-packages.sh: this is $(uname -n), but the script is for node1" >&2
    exit 1
fi

# The fruit repository.
for repository in rootfs/etc/yum.repos.d/*.repo; do
    [ -e "$repository" ] || continue
    target=/${repository#rootfs/}
    cmp -s "$repository" "$target" || install -m 0644 "$repository" "$target"
done
yum install -y \
    cellar \
    cellar-tools \
    curl \
    fertiliser \
    haproxy \
    keepalived \
    ladder \
    plum-orchard \
    xinetd
