#!/bin/sh
# Made by the HA guide for banana on plum-1, topology garden. Change the data of its services, not this file.
set -eu
umask 077
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)

usage() {
    cat <<'TEXT'
Usage: ./install.sh [--apply] [--root DIR] [--secrets FILE]
       ./install.sh --restore [NAME] [--apply] [--root DIR]
       ./install.sh --list-backups [--root DIR]

Without --apply it changes nothing: it shows what would change on this node.

  --apply         write the files, after a copy of each file that is replaced
  --restore       undo the newest installation that is not undone yet, or the one called NAME
  --list-backups  name the installations that --restore can undo
  --root DIR      work below DIR in place of /: no owner is set, and the machine is not asked
  --secrets FILE  values for the @@NAMES@@ (default: secrets.env beside this script)
  --help          this text

Exit status: 0 done, or nothing to do; 1 refused, and nothing was written.
TEXT
}

wrong=no
complain() {
    echo "install.sh: $*" >&2
    wrong=yes
}

fail() {
    complain "$*"
    exit 1
}

action=install
apply=no
root=
name=
secrets=
while [ $# -gt 0 ]; do
    case $1 in
        --apply) apply=yes ;;
        --restore)
            action=restore
            case ${2:-} in "" | -*) ;; *) name=$2; shift ;; esac ;;
        --list-backups) action=list ;;
        --root) [ -n "${2:-}" ] || fail "--root needs a folder"; root=${2%/}; shift ;;
        --secrets) [ -f "${2:-}" ] || fail "--secrets needs a file${2:+: there is no $2}"; secrets=$2; shift ;;
        --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown option: $1" ;;
    esac
    shift
done
case $name in *[!A-Za-z0-9-]*) fail "--restore: $name is not the name of an installation; --list-backups shows them" ;; esac
case $root in "" | /*) ;; *) root=$(pwd)/$root ;; esac

# --- this node and this platform -------------------------------------------------------------
check_node() {
    [ -z "$root" ] || return 0
    [ "$(uname -n | cut -d. -f1)" = node2 ] ||
        complain "this is $(uname -n), but the bundle is for node2"
    os="a system without /etc/os-release"
    # shellcheck source=/dev/null
    [ ! -r /etc/os-release ] || os=$(. /etc/os-release && echo "${ID:-unknown} ${VERSION_ID:-without VERSION_ID}")
    [ "$os" = 'plum 1' ] ||
        complain "this is $os, but the bundle is for plum 1"
    [ "$apply" = no ] || [ "$(id -u)" = 0 ] || complain "--apply needs root"
    [ "$wrong" = no ] || exit 1
    [ "$(id -u)" = 0 ] || echo "You are not root: what you may not read is shown as new or changed."
}

# Two runs at once would mix their backups. The lock goes away with the process, however it ends.
lock() {
    [ -d "$root/" ] || return 0
    exec 9< "$root/"
    flock -n 9 || fail "another install.sh is at work on $root/"
}

# --- what is left behind when the script ends --------------------------------------------------
work=$(mktemp -d)
fresh=
writing=
leave() {
    status=$?
    rm -rf "$work"
    [ -z "$fresh" ] || rm -f "$fresh"
    [ "$status" -ne 0 ] || return 0
    [ "$wrong" = yes ] || echo "install.sh: stopped${writing:+ in the middle of $writing}" >&2
    exit 1
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

# --- backups -----------------------------------------------------------------------------------
# Each installation has a folder: NUMBER-TIME/
#   record    a line for each file and folder: new, replaced or folder; checksum of what was written; path
#   old/      what stood there before
#   finished  is there when everything was written
#   undone    is there when everything was brought back
backups=$root/var/backups/ha-guide

all_backups() {
    for folder in "$backups"/[0-9][0-9][0-9][0-9]*-*; do
        [ ! -f "$folder/record" ] || echo "${folder##*/}"
    done | sort -n
}

installed_backups() {
    all_backups | while read -r each; do
        [ -e "$backups/$each/undone" ] || echo "$each"
    done
}

list_backups() {
    [ -n "$(all_backups)" ] || echo "There is no installation in $backups."
    all_backups | while read -r each; do
        is=interrupted
        [ ! -e "$backups/$each/finished" ] || is=installed
        [ ! -e "$backups/$each/undone" ] || is=undone
        printf '%s  %-11s  %s\n' "$each" "$is" "$(sed -n 's/^# //p' "$backups/$each/record")"
    done
}

there() { [ -e "$1" ] || [ -L "$1" ]; }

sum_of() { if [ -L "$1" ]; then echo link; else sha256sum < "$1" | cut -d ' ' -f 1; fi; }

# same A B: two files are alike in content, owner and mode, or two links lead to the same place.
same() {
    if [ -L "$1" ] || [ -L "$2" ]; then
        [ "$(readlink "$1")" = "$(readlink "$2")" ]
    else
        cmp -s "$1" "$2" && [ "$(stat -c '%a %u %g' "$1")" = "$(stat -c '%a %u %g' "$2")" ]
    fi
}

# put SOURCE TARGET [OWNER MODE]: in one step, so that no reader ever finds half a file or a secret open to others.
put() {
    fresh=$(mktemp "$2.ha-guide-XXXXXX")
    if [ $# -eq 2 ]; then
        [ ! -L "$1" ] || rm -f "$fresh"
        cp -pP "$1" "$fresh"
    else
        cat "$1" > "$fresh"
        [ -n "$root" ] || chown -h "$3" "$fresh"
        chmod "$4" "$fresh"
    fi
    mv -f "$fresh" "$2"
    fresh=
    [ -n "$root" ] || ! command -v restorecon > /dev/null || restorecon "$2"
}

# --- undo an installation ----------------------------------------------------------------------
check_record() {
    [ -f "$backup/record" ] || fail "there is no installation $name in $backups; --list-backups shows them"
    [ ! -e "$backup/undone" ] || fail "$name is undone already"
    grep -v '^#' "$backup/record" > "$work/record" || true
    if grep -Evq '^(folder -|(new|replaced) [0-9a-f]{64}) (/[A-Za-z0-9._@+-]+)+$' "$work/record" ||
        grep -Eq '/\.\.?(/|$)' "$work/record"; then
        fail "$backup/record is damaged; nothing was undone"
    fi
    while read -r kind sum path; do
        [ "$kind" = folder ] || [ ! -d "$root$path" ] || complain "$path is a folder now: move it away first"
        [ "$kind" != replaced ] || there "$backup/old$path" || complain "$backup/old$path is missing"
    done < "$work/record"
    for later in $(installed_backups | awk -v name="$name" 'found; $0 == name { found = 1 }'); do
        awk '/^(new|replaced) / && seen[$3]++ { exit 1 }' "$backup/record" "$backups/$later/record" ||
            complain "$later replaced some of the same files later: undo it first, with --restore $later"
    done
    [ "$wrong" = no ] || exit 1
}

# keep_aside PATH: save a file that is neither what was written nor what stood there before.
kept=kept-$(date -u +%Y%m%dT%H%M%SZ)
keep_aside() {
    echo "           it was changed since the installation; that version is kept as $backup/$kept$1"
    [ "$apply" = yes ] || return 0
    mkdir -p "$(dirname "$backup/$kept$1")"
    cp -pP "$root$1" "$backup/$kept$1"
}

# undo KIND SUM PATH
undo() {
    [ "$apply" = no ] || rm -f "$root$3".ha-guide-??????
    if [ "$1" = new ]; then
        there "$root$3" || return 0
        echo "  remove   $3 (it did not exist before)"
    else
        if there "$root$3" && same "$backup/old$3" "$root$3"; then return 0; fi
        echo "  back     $3 ($(owner_and_mode "$backup/old$3"))"
    fi
    changes=$((changes + 1))
    ! there "$root$3" || [ "$(sum_of "$root$3")" = "$2" ] || keep_aside "$3"
    [ "$apply" = yes ] || return 0
    if [ "$1" = new ]; then
        rm -f "$root$3"
    else
        (umask 022 && mkdir -p "$(dirname "$root$3")")
        put "$backup/old$3" "$root$3"
    fi
}

# undo_folder PATH: a folder that the installation made goes, unless somebody put something into it.
undo_folder() {
    [ -d "$root$1" ] || return 0
    if [ "$apply" = no ]; then
        echo "  remove   $1/ (if nothing else is in it)"
    elif rmdir "$root$1" 2> /dev/null; then
        echo "  remove   $1/"
    else
        echo "  keep     $1/ (something else is in it)"
    fi
}

restore() {
    [ -n "$name" ] || name=$(installed_backups | tail -n 1)
    [ -n "$name" ] || fail "there is no installation to undo in $backups"
    backup=$backups/$name
    check_record
    changes=0
    echo "Undo $name ($(sed -n 's/^# //p' "$backup/record"))"
    if [ "$apply" = yes ]; then
        writing="the undoing: --restore $name --apply goes on with it"
        # An --apply that comes before the end of this then knows that the record still holds the true old state.
        rm -f "$backup/finished"
    fi
    grep -v '^folder ' "$work/record" > "$work/files" || true
    while read -r kind sum path; do
        undo "$kind" "$sum" "$path"
    done < "$work/files"
    sed -n 's/^folder - //p' "$work/record" | sort -r > "$work/folders"
    while read -r path; do
        undo_folder "$path"
    done < "$work/folders"
    if [ "$apply" = no ]; then
        echo "$changes files would come back or go. Nothing was written; --restore $name --apply does it."
        return 0
    fi
    sync
    : > "$backup/undone"
    writing=
    echo "$changes files came back or went. Restart the units that read them; packages and data are as they were."
}

# --- secrets: name, most characters, exact number of characters (0: any), allowed characters -----
known_secrets() {
    cat <<'SECRETS'
HAPROXY_STATS 0 0 A-Za-z0-9._~-
KEEPALIVED_VRRP 8 0 A-Za-z0-9._~-
CELLAR_KEY 0 0 A-Za-z0-9+/=_-
CELLAR_COOKIE 0 0 A-Za-z0-9._~-
ORCHARD_API 0 0 A-Za-z0-9._~-
ORCHARD_SERVICE 0 0 A-Za-z0-9._~-
SECRETS
}

# All mistakes in secrets.env, by line and name, never with the value.
check_secrets() {
    : > "$work/secrets"
    secrets=${secrets:-$here/secrets.env}
    [ -e "$secrets" ] || return 0
    [ -r "$secrets" ] || fail "$secrets: cannot be read"
    case $(ls -lL "$secrets") in
        -???------*) ;;
        *) complain "$secrets: can be read by others: chmod 0600 it" ;;
    esac
    known_secrets > "$work/known"
    cat "$secrets" > "$work/secrets"
    awk '
        function bad(what) { print "line " FNR ": " what }
        FILENAME ~ /known$/ { longest[$1] = $2; exact[$1] = $3; allowed[$1] = $4; next }
        /\r$/ { bad("ends in a carriage return: save the file with the line ends of Unix"); next }
        /^[ \t]*(#.*)?$/ { next }
        ! /^[A-Z][A-Z0-9_]*=/ { bad("must be NAME=value, or begin with #"); next }
        {
            at = index($0, "=")
            name = substr($0, 1, at - 1)
            value = substr($0, at + 1)
            set = name in allowed ? allowed[name] : "A-Za-z0-9._~+/=-"
            others = substr(set, length("A-Za-z0-9") + 1)
            gsub(/./, " &", others)
            if (name in first) bad(name " has stood in line " first[name] " already")
            else first[name] = FNR
            if (value ~ ("[^" set "]")) bad(name " may hold letters, digits and" others " only")
            else if (value ~ /^[~-]/ && !index(set, "=")) bad(name " must begin with another character than ~ and -")
            if (value == "") next
            if (longest[name] && length(value) > longest[name])
                bad(name " has more than " longest[name] " characters, and the rest would be cut off")
            if (exact[name] && length(value) != exact[name])
                bad(name " must have exactly " exact[name] " characters")
        }' "$work/known" "$work/secrets" > "$work/mistakes"
    while read -r mistake; do
        complain "$secrets: $mistake"
    done < "$work/mistakes"
    [ "$wrong" = no ] || exit 1
}

# --- files: mode, owner, group, "secret" or "plain", path ----------------------------------------
files() {
    cat <<'FILES'
0644 root root plain /etc/cellar.cnf
0640 root cellar secret /etc/cellar.key
0640 root haproxy secret /etc/haproxy/haproxy.cfg
0600 root root secret /etc/keepalived/keepalived.conf
0644 root root plain /etc/orchard/juicer.conf
0640 root orchard secret /etc/orchard/orchard.conf
0644 root root plain /etc/sysconfig/orchard-picker
0644 root root plain /etc/sysctl.d/60-haproxy.conf
0644 root root plain /etc/systemd/system/plum-orchard-sorter.service.d/limits.conf
0644 root root plain /etc/xinetd.d/cellar-monitor
0755 root root plain /usr/libexec/check-haproxy
FILES
}

# Copy a file with every @@NAME@@ replaced that secrets.env has a value for. A last line without an end stays so.
fill() {
    end='\n'
    [ -z "$(tail -c 1 "$1")" ] || end=
    awk -v end="$end" '
        FILENAME ~ /secrets$/ {
            at = index($0, "=")
            if (! /^[ \t]*#/ && length($0) > at) value["@@" substr($0, 1, at - 1) "@@"] = substr($0, at + 1)
            next
        }
        {
            out = ""
            while (match($0, /@@[A-Z][A-Z0-9_]*@@/)) {
                token = substr($0, RSTART, RLENGTH)
                out = out substr($0, 1, RSTART - 1) (token in value ? value[token] : token)
                $0 = substr($0, RSTART + RLENGTH)
            }
            printf "%s%s", lines++ ? "\n" : "", out $0
        }
        END { if (lines) printf "%s", end }' "$work/secrets" - < "$1" > "$2"
}

# Make every file as it will be, and gather what stands in the way.
make_files() {
    files > "$work/files"
    missing=
    while read -r mode user group kind path; do
        mkdir -p "$work/new$(dirname "$path")"
        fill "$here/rootfs$path" "$work/new$path"
        if [ -d "$root$path" ] || { [ -e "$root$path" ] && [ ! -f "$root$path" ]; }; then
            complain "$path is there, but is no file: move it away first"
        fi
        [ -z "$root" ] || continue
        getent passwd "$user" > /dev/null || missing="$missing user:$user"
        getent group "$group" > /dev/null || missing="$missing group:$group"
    done < "$work/files"
    missing=$(echo "$missing" | tr -s ' ' '\n' | sort -u | tr '\n' ' ' | sed 's/^ //; s/ $//')
    left=$(grep -rhoE '@@[A-Z][A-Z0-9_]*@@' "$work/new" | sort -u | tr -d @ | tr '\n' ' ') || left=
    [ "$wrong" = no ] || exit 1
}

# Owner and mode of a file as "0640 root:haproxy".
owner_and_mode() {
    if [ -L "$1" ]; then
        echo "link to $(readlink "$1")"
    else
        printf '%04d %s\n' "$(stat -c '%a' "$1")" "$(stat -c '%U:%G' "$1")"
    fi
}

# Print each file that differs, and put it on the list of what is to be done.
compare_files() {
    echo "Files"
    changes=0
    while read -r mode user group kind path; do
        target=$root$path
        will="$mode $user:$group"
        if [ -L "$target" ]; then
            echo "  changed  $path ($(owner_and_mode "$target") becomes a file, $will)"
        elif [ ! -e "$target" ]; then
            echo "  new      $path ($will)"
        elif ! cmp -s "$work/new$path" "$target"; then
            echo "  changed  $path ($will)"
        elif [ -z "$root" ] && [ "$(owner_and_mode "$target")" != "$will" ]; then
            echo "  owner    $path ($(owner_and_mode "$target") becomes $will)"
        else
            continue
        fi
        changes=$((changes + 1))
        echo "$mode $user $group $path" >> "$work/todo"
        if [ "$kind" = secret ]; then
            echo "           (holds secrets; its content is not shown)"
        elif [ -f "$target" ]; then
            diff -u --label "$path as it is" --label "$path as it will be" "$target" "$work/new$path" |
                sed 's/^/           /'
        fi
    done < "$work/files"
    [ "$changes" -gt 0 ] || echo "  all $(wc -l < "$work/files") are as they should be"
    echo
}

sum_up() {
    echo "$changes of $(wc -l < "$work/files") files would change. Nothing was written; --apply writes them."
    [ -z "$left" ] || echo "Before --apply, secrets.env has to give a value for: $left"
    [ -z "$missing" ] || echo "Before --apply, run steps/01-base-packages.sh, which brings what is missing: $missing"
}

# --- what the steps do, which are not this script's work -----------------------------------------
query=rpm
has_package() { rpm -q --quiet "$1"; }

list_packages() {
    echo "Packages (steps/01-base-packages.sh installs them)"
    while read -r package; do
        if [ -n "$root" ] || ! command -v "$query" > /dev/null; then
            echo "  $package"
        elif has_package "$package"; then
            echo "  installed        $package"
        else
            echo "  to be installed  $package"
        fi
    done <<'PACKAGES'
cellar
cellar-tools
curl
fertiliser
haproxy
keepalived
ladder
plum-orchard
xinetd
PACKAGES
    echo
}

# unit_is VERB UNIT: what systemd says of it.
unit_is() {
    said=$(systemctl "$1" "$2" 2> /dev/null | head -n 1)
    echo "${said:-unknown}"
}

list_units() {
    echo "Units (the steps of their services start them)"
    while read -r unit processes; do
        if [ -n "$root" ] || ! command -v systemctl > /dev/null; then
            printf '  %-19s  %s\n' "$unit" "$processes"
        else
            printf '  %-9s  %-9s  %-19s  %s\n' \
                "$(unit_is is-enabled "$unit")" "$(unit_is is-active "$unit")" "$unit" "$processes"
        fi
    done <<'UNITS'
haproxy haproxy
cellard cellar
xinetd cellar-monitor
keepalived keepalived
plum-orchard-api orchard-api
plum-orchard-picker orchard-picker
plum-orchard-sorter orchard-sorter
plum-orchard-juicer orchard-juicer
UNITS
    echo
}

list_openings() {
    cat <<'OPENINGS'
Firewall openings (steps/02-base-firewall.sh makes them)
  tcp 3306       from 192.0.2.11, 192.0.2.13: Fruit in and out.
  tcp 3306       from 192.0.2.11, 192.0.2.13 to 192.0.2.10: Fruit in and out.
  tcp 4567-4569  from 192.0.2.11, 192.0.2.13: What the members tell each other.
  tcp 8080       from 192.0.2.11, 192.0.2.13: Orders of trees.
  tcp 8080       from anywhere to 192.0.2.10: Orders of trees.
  tcp 9200       from 192.0.2.11, 192.0.2.13: State of the member.
  tcp 9300       from 192.0.2.11, 192.0.2.13: Status for keepalived.
  vrrp           from 192.0.2.11, 192.0.2.13: Advertisements between the load balancers.

OPENINGS
}

# --- write ---------------------------------------------------------------------------------------
# remember PATH: copy what stands there, unless an interrupted run did: its copy is the true old state.
remember() {
    was=$(awk -v path="$1" '$3 == path { print $1, $2 }' "$work/before")
    if [ -z "$was" ]; then
        was=new
        if there "$root$1"; then
            was=replaced
            mkdir -p "$backup/old$(dirname "$1")"
            rm -f "$backup/old$1"
            cp -pP "$root$1" "$backup/old$1"
        fi
        folder=$(dirname "$1")
        while [ ! -d "$root$folder/" ]; do
            echo "folder - $folder"
            folder=$(dirname "$folder")
        done >> "$work/record"
    elif there "$root$1" && [ "$(sum_of "$root$1")" != "${was#* }" ]; then
        { there "$backup/old$1" && same "$backup/old$1" "$root$1"; } || keep_aside "$1"
    fi
    echo "${was% *} $(sum_of "$work/new$1") $1" >> "$work/record"
}

# The record is whole and on the disk before the first file changes, and takes effect by a single rename.
begin_backup() {
    (umask 022 && mkdir -p "${backups%/*}")
    mkdir -p "$backups"
    chmod 0700 "$backups"
    name=$(installed_backups | tail -n 1)
    : > "$work/before"
    if [ -n "$name" ] && [ ! -e "$backups/$name/finished" ]; then
        backup=$backups/$name
        grep -v '^#' "$backup/record" > "$work/before"
    else
        name=
        backup=$backups/unfinished
        rm -rf "$backup"
        mkdir "$backup"
    fi
    while read -r mode user group path; do
        remember "$path"
    done < "$work/todo"
    awk 'NR == FNR { again[$3]; next } !($3 in again)' "$work/record" "$work/before" > "$work/others"
    {
        echo "# banana plum-1 node2"
        sort -u -k 3 "$work/record" "$work/others"
    } > "$backup/record.new"
    sync
    mv -f "$backup/record.new" "$backup/record"
    if [ -z "$name" ]; then
        name=$(all_backups | awk -F - '{ last = $1 } END { printf "%04d", last + 1 }')-$(date -u +%Y%m%dT%H%M%SZ)
        mv "$backup" "$backups/$name"
        backup=$backups/$name
    fi
    sync
}

# Every file is written: the backup is closed, and what a killed run left beside its files goes.
finish_backup() {
    sed -n -E 's/^(new|replaced) [^ ]* //p' "$backup/record" > "$work/paths"
    while read -r path; do
        rm -f "$root$path".ha-guide-??????
    done < "$work/paths"
    sync
    : > "$backup/finished"
}

apply() {
    [ -z "$left" ] || complain "no value for: $left(fill them in, in $secrets)"
    [ -z "$missing" ] || complain "run steps/01-base-packages.sh first, which brings what is missing: $missing"
    [ "$wrong" = no ] || exit 1
    compare_files > "$work/shown"
    if [ "$changes" -eq 0 ]; then
        backup=$backups/$(installed_backups | tail -n 1)
        [ ! -f "$backup/record" ] || [ -e "$backup/finished" ] || finish_backup
        echo "Nothing to do: all files are as they should be."
        return 0
    fi
    cat "$work/shown"
    writing="making the backup: no file was changed"
    begin_backup
    writing="writing: --apply goes on with it, --restore --apply undoes it"
    while read -r mode user group path; do
        (umask 022 && mkdir -p "$(dirname "$root$path")")
        put "$work/new$path" "$root$path" "$user:$group" "$mode"
    done < "$work/todo"
    finish_backup
    writing=
    echo "$changes files written. What they replaced is in $backup; --restore brings it back."
    echo "Go on with the steps, in the order of README.md."
}

# --- what was asked for ----------------------------------------------------------------------
check_node
[ "$apply" = no ] || lock
case $action in
    list) list_backups ;;
    restore) restore ;;
    install)
        check_secrets
        make_files
        if [ "$apply" = yes ]; then
            apply
        else
            list_packages
            compare_files
            list_units
            list_openings
            sum_up
        fi
        ;;
esac
