#!/bin/sh
# Made by the HA guide for banana on plum-1, topology garden. Change data/services/orchard.yaml, not this file.
# Step 10 on tree1: Water the trees
set -eu
cd "$(dirname "$0")/.."
if [ "$(uname -n | cut -d. -f1)" != tree1 ]; then
    echo "10-orchard-water.sh: this is $(uname -n), but the script is for tree1" >&2
    exit 1
fi

orchard-water --roots /dev/vdb "http://gate.garden.example:8080"
