#!/bin/sh
# First process of a node: boot-node.sh NAME FOLDER LOWER UNIT, already in the namespaces of the node and in its cgroup.
# Lays the node's own disk over the base system, gives it the devices of a container and hands over to systemd.
# Source of what systemd wants to find: https://systemd.io/CONTAINER_INTERFACE/
set -eu
name=$1
folder=$2
lower=$3
unit=$4

hostname "$name"
root=$folder/root
mkdir -p "$folder/disk" "$folder/work" "$root"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/disk,workdir=$folder/work" "$root"
echo "$name" > "$root/etc/hostname"
# The base system has the resolver of the machine that made it; names of a site come from its /etc/hosts.
rm -f "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
# No instance is ever started in a lab: where the machine has no KVM, the device is there and has nothing behind it.
touch "$root/dev/kvm"
mount --bind "$([ -c /dev/kvm ] && echo /dev/kvm || echo /dev/null)" "$root/dev/kvm"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
ln -s pts/ptmx "$root/dev/ptmx"
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

# An export of the NFS server outside of the site is a folder of this machine, since its kernel may have no NFS.
mkdir "$root/run/exports" "$root/run/standins"
mount --bind /mnt/exports "$root/run/exports"
cat > "$root/run/standins/mount.nfs" <<'SCRIPT'
#!/bin/sh
# mount.nfs SERVER:/PATH FOLDER [-o OPTIONS]
mkdir -p "/run/exports${1#*:}"
exec mount --bind "/run/exports${1#*:}" "$2"
SCRIPT
chmod 0755 "$root/run/standins/mount.nfs"
mount --bind "$root/run/standins/mount.nfs" "$root/usr/sbin/mount.nfs"
# A disk, and what udev would say of it once it is formatted.
if [ -e "$folder/vdb" ]; then
    touch "$root/dev/vdb"
    mount --bind "$(cat "$folder/vdb")" "$root/dev/vdb"
    mkdir -p "$root/dev/disk/by-label"
    ln -s ../../vdb "$root/dev/disk/by-label/swift-d1"
fi

# Only settings of the network belong to a namespace; the others are this machine's, and a node must not change them.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mkdir "$root/run/proc"
mount -t proc proc "$root/run/proc"
mount --bind "$root/run/proc/sys/net" "$root/proc/sys/net"
umount "$root/run/proc"
rmdir "$root/run/proc"

# The clock is this machine's too: chronyd follows its source as ever, but leaves the clock alone (-x, chronyd(8)).
mkdir -p "$root/run/systemd/system/chrony.service.d"
cat > "$root/run/systemd/system/chrony.service.d/lab.conf" <<'UNIT'
[Unit]
ConditionCapability=
[Service]
ExecStart=
ExecStart=!/usr/sbin/chronyd $DAEMON_OPTS -x
UNIT
# The kernel need not have Open vSwitch: its own program forwards for the bridge of OVN then, through tap devices.
mkdir "$root/dev/net"
touch "$root/dev/net/tun"
mount --bind /dev/net/tun "$root/dev/net/tun"
mkdir -p "$root/run/systemd/system/ovsdb-server.service.d"
cat > "$root/run/systemd/system/ovsdb-server.service.d/lab.conf" <<'UNIT'
[Service]
ExecStartPost=/usr/bin/ovs-vsctl --no-wait set Open_vSwitch . external-ids:ovn-bridge-datapath-type=netdev
UNIT
# Devices and networks are made from outside, and nothing may begin by the clock in the middle of a test.
for other in systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-timesyncd.service \
    systemd-resolved.service systemd-networkd.service systemd-logind.service console-getty.service getty@tty1.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer man-db.timer; do
    ln -s /dev/null "$root/run/systemd/system/$other"
done

mkdir -p "$root/run/old"
cd "$root"
pivot_root . run/old
umount -l /run/old
rmdir /run/old
ip link set lo up
exec setpriv --bounding-set=-sys_time,-sys_module --inh-caps=-sys_time,-sys_module \
    env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /usr/lib/systemd/systemd --unit="$unit" --log-target=console --show-status=false
