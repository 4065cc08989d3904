#!/bin/sh
# Made by the HA guide for apple on plum-1, topology garden. Change the data of its services, not this file.
# Step 2 on node1, node2, node3, tree1: Open the packet filter to the other nodes
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != tree1 ]; then
    echo "02-base-firewall.sh: this is $(uname -n), but the script is for tree1" >&2
    exit 1
fi

systemctl enable firewalld
systemctl start firewalld

# Rules for both the running and the permanent set; a rule that is there already only warns.
open() {
    firewall-cmd --quiet --permanent --add-rich-rule="$1"
    firewall-cmd --quiet --add-rich-rule="$1"
}

# Water. (orchard-tree)
open 'rule family="ipv4" source address="192.0.2.11" port port="5900" protocol="udp" accept'
open 'rule family="ipv4" source address="192.0.2.12" port port="5900" protocol="udp" accept'
open 'rule family="ipv4" source address="192.0.2.13" port port="5900" protocol="udp" accept'
