#!/bin/sh
# Made by the HA guide for cherry on plum-1, topology garden. Change the data of its services, not this file.
# Step 2 on node1, node2, node3, tree1: Open the packet filter to the other nodes
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != node2 ]; then
    echo "02-base-firewall.sh: this is $(uname -n), but the script is for node2" >&2
    exit 1
fi

systemctl enable firewalld
systemctl start firewalld

# Rules for both the running and the permanent set; a rule that is there already only warns.
open() {
    firewall-cmd --quiet --permanent --add-rich-rule="$1"
    firewall-cmd --quiet --add-rich-rule="$1"
}

# Fruit in and out. (cellar)
open 'rule family="ipv4" source address="192.0.2.11" port port="3306" protocol="tcp" accept'
open 'rule family="ipv4" source address="192.0.2.13" port port="3306" protocol="tcp" accept'
# Fruit in and out. (cellar)
open 'rule family="ipv4" source address="192.0.2.11" destination address="192.0.2.10" port port="3306" protocol="tcp" accept'
open 'rule family="ipv4" source address="192.0.2.13" destination address="192.0.2.10" port port="3306" protocol="tcp" accept'
# What the members tell each other. (cellar-exchange)
open 'rule family="ipv4" source address="192.0.2.11" port port="4567-4569" protocol="tcp" accept'
open 'rule family="ipv4" source address="192.0.2.13" port port="4567-4569" protocol="tcp" accept'
# Orders of trees. (orchard-api)
open 'rule family="ipv4" source address="192.0.2.11" port port="8080" protocol="tcp" accept'
open 'rule family="ipv4" source address="192.0.2.13" port port="8080" protocol="tcp" accept'
# Orders of trees. (orchard-api)
open 'rule family="ipv4" destination address="192.0.2.10" port port="8080" protocol="tcp" accept'
# State of the member. (cellar-monitor)
open 'rule family="ipv4" source address="192.0.2.11" port port="9200" protocol="tcp" accept'
open 'rule family="ipv4" source address="192.0.2.13" port port="9200" protocol="tcp" accept'
# Status for keepalived. (haproxy-status)
open 'rule family="ipv4" source address="192.0.2.11" port port="9300" protocol="tcp" accept'
open 'rule family="ipv4" source address="192.0.2.13" port port="9300" protocol="tcp" accept'
# Advertisements between the load balancers. (vrrp)
open 'rule family="ipv4" source address="192.0.2.11" protocol value="vrrp" accept'
open 'rule family="ipv4" source address="192.0.2.13" protocol value="vrrp" accept'
