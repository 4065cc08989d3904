#!/bin/sh
# Made by the HA guide for cherry on plum-1, topology garden. Change the data of its services, not this file.
set -eu
umask 077

usage() {
    cat <<'TEXT'
Usage: ./install.sh [--apply] [--root DIR] [--secrets FILE]

Without options it changes nothing: it shows what would change on this node.

  --apply         write the files, after a copy of each file that is replaced
  --root DIR      work below DIR in place of / and do not compare host and platform
  --secrets FILE  values for the @@NAMES@@ (default: secrets.env beside this script)
  --help          this text

Exit status: 0 done, or nothing to do; 1 refused, and nothing was written.
TEXT
}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

apply=no
root=
secrets=
here=$(cd "$(dirname "$0")" && pwd)
while [ $# -gt 0 ]; do
    case $1 in
        --apply) apply=yes ;;
        --root) [ $# -gt 1 ] || fail "--root needs a folder"; root=${2%/}; shift ;;
        --secrets) [ $# -gt 1 ] || fail "--secrets needs a file"; secrets=$2; shift ;;
        --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown option: $1" ;;
    esac
    shift
done
[ -n "$secrets" ] || secrets=$here/secrets.env

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# --- this node and this platform -------------------------------------------------------------
if [ -z "$root" ]; then
    [ "$(uname -n | cut -d. -f1)" = tree1 ] ||
        fail "this is $(uname -n), but the bundle is for tree1"
    # shellcheck source=/dev/null
    os=$(. /etc/os-release && echo "$ID $VERSION_ID")
    [ "$os" = 'plum 1' ] ||
        fail "this is $os, but the bundle is for Plum 1"
    [ "$apply" = no ] || [ "$(id -u)" = 0 ] || fail "--apply needs root"
fi

# --- secrets ---------------------------------------------------------------------------------
if [ -e "$secrets" ]; then
    if grep -Evq '^([[:space:]]*(#.*)?|[A-Z][A-Z0-9_]*=[A-Za-z0-9._~+/=-]*)$' "$secrets"; then
        fail "$secrets: line $(grep -Evn '^([[:space:]]*(#.*)?|[A-Z][A-Z0-9_]*=[A-Za-z0-9._~+/=-]*)$' "$secrets" | head -n 1 | cut -d: -f1): must be NAME=value with letters, digits and . _ ~ + / = - only"
    fi
    case $(ls -l "$secrets") in
        -???------*) ;;
        *) fail "$secrets: can be read by others: chmod 0600 it" ;;
    esac
    cp "$secrets" "$work/secrets"
else
    : > "$work/secrets"
fi

# Copy a file with every @@NAME@@ replaced that secrets.env has a value for.
fill() {
    awk -v secrets="$work/secrets" '
        BEGIN {
            while ((getline line < secrets) > 0) {
                at = index(line, "=")
                if (line !~ /^[[:space:]]*#/ && at > 1 && length(line) > at)
                    value["@@" substr(line, 1, at - 1) "@@"] = substr(line, at + 1)
            }
        }
        {
            out = ""
            while (match($0, /@@[A-Z][A-Z0-9_]*@@/)) {
                name = substr($0, RSTART, RLENGTH)
                out = out substr($0, 1, RSTART - 1) (name in value ? value[name] : name)
                $0 = substr($0, RSTART + RLENGTH)
            }
            print out $0
        }' "$1" > "$2"
}

# --- files: mode, owner, group, "secret" or "plain", path ------------------------------------
files() {
    cat <<'FILES'
0640 root orchard secret /etc/orchard/orchard.conf
FILES
}

# Owner and mode of a file as "0640 root haproxy".
state() {
    stat -c '%a %U %G' "$1" | sed 's/^\([0-7]\{3\}\) /0\1 /'
}

missing=
files > "$work/files"
while read -r mode user group kind path; do
    mkdir -p "$work/new$(dirname "$path")"
    fill "$here/rootfs$path" "$work/new$path"
    if [ -z "$root" ]; then
        getent passwd "$user" > /dev/null || missing="$missing user:$user"
        getent group "$group" > /dev/null || missing="$missing group:$group"
    fi
done < "$work/files"

left=$(grep -rhoE '@@[A-Z][A-Z0-9_]*@@' "$work/new" | sort -u | tr -d @ | tr '\n' ' ') || left=

changes=0
while read -r mode user group kind path; do
    target=$root$path
    if [ ! -e "$target" ]; then
        echo "new      $path ($mode $user:$group)"
    elif ! cmp -s "$work/new$path" "$target"; then
        echo "changed  $path ($mode $user:$group)"
    elif [ -z "$root" ] && [ "$(state "$target")" != "$mode $user $group" ]; then
        echo "owner    $path ($(state "$target") becomes $mode $user $group)"
    else
        continue
    fi
    changes=$((changes + 1))
    echo "$mode $user $group $kind $path" >> "$work/todo"
    if [ "$kind" = secret ]; then
        echo "         (holds secrets; its content is not shown)"
    elif [ -e "$target" ]; then
        diff -u "$target" "$work/new$path" | sed 's/^/         /' || true
    fi
done < "$work/files"

if [ "$apply" = no ]; then
    echo "$changes of $(wc -l < "$work/files") files would change. Nothing was written; --apply writes them."
    [ -z "$left" ] || echo "Before --apply, secrets.env has to give a value for: $left"
    [ -z "$missing" ] || echo "Before --apply, install the packages (the first script of steps/); missing:$missing"
    exit 0
fi

# --- write -----------------------------------------------------------------------------------
[ -z "$left" ] || fail "no value for: $left(fill them in, in $secrets)"
[ -z "$missing" ] || fail "install the packages first (the first script of steps/); missing:$missing"
[ "$changes" -gt 0 ] || { echo "Nothing to do: all files are as they should be."; exit 0; }

backup=$root/var/backups/ha-guide/$(date -u +%Y%m%dT%H%M%SZ)-$$
while read -r mode user group kind path; do
    target=$root$path
    if [ -e "$target" ]; then
        mkdir -p "$backup$(dirname "$path")"
        cp -p "$target" "$backup$path"
    fi
    (umask 022 && mkdir -p "$(dirname "$target")")
    cp "$work/new$path" "$target.ha-guide-new"
    [ -n "$root" ] || chown "$user:$group" "$target.ha-guide-new"
    chmod "$mode" "$target.ha-guide-new"
    mv -f "$target.ha-guide-new" "$target"
    if [ -z "$root" ] && command -v restorecon > /dev/null; then
        restorecon "$target"
    fi
done < "$work/todo"
echo "$changes files written.$([ ! -d "$backup" ] || echo " What they replaced is in $backup.")"
echo "Go on with the steps, in the order of README.md."
