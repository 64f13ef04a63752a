#!/bin/sh
# Run by check-packages.sh in namespaces of its own: lays a copy of the machine over
# its root directory, installs the packages there as a container would, without a
# systemd, and becomes the copy's systemd.
set -eu
work=$1
mount -t tmpfs -o mode=755 layers "$work/layers"
cd "$work/layers"
mkdir upper work root
mount -t overlay -o "lowerdir=/,upperdir=upper,workdir=work" overlay root
cd root
[ -x usr/bin/dpkg ] && [ -x lib/systemd/systemd ] # else /usr is another mount

mount -t proc proc proc
mount --bind proc/sys proc/sys && mount -o remount,bind,ro proc/sys # these are the machine's
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
mount -t tmpfs -o mode=755 dev dev
mkdir dev/shm dev/pts tmp/upper tmp/packages
for device in null zero full random urandom tty; do
    touch dev/$device && mount --bind /dev/$device dev/$device
done
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s /proc/self/fd dev/fd
ln -s pts/ptmx dev/ptmx

# Its systemd has the control groups that it was given, in the machine's manner.
if [ -e /sys/fs/cgroup/cgroup.procs ]; then
    mount -t cgroup2 cgroup2 sys/fs/cgroup
else
    mount -t tmpfs -o mode=755 cgroup sys/fs/cgroup
    mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
    mount -t cgroup -o none,name=systemd,xattr cgroup sys/fs/cgroup/systemd
    [ ! -e /sys/fs/cgroup/unified/cgroup.procs ] || mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
fi

# Nothing of what the machine runs is started: only a journal, and what the story asks.
rm -rf etc/systemd/system/*.wants etc/systemd/system/*.requires usr/lib/systemd/system/*.wants lib/systemd/system/*.wants
rm -rf var/lib/rbee-queen var/lib/rbee-hive var/log/journal
: >etc/fstab
cat >etc/systemd/system/packages.target <<'END'
[Unit]
Description=The packages are checked
DefaultDependencies=no
Wants=systemd-journald.service
END
# What the queen's unit asks of the kernel, and not every machine allows within another.
cat >etc/systemd/system/probe.service <<'END'
[Service]
Type=oneshot
ExecStart=/bin/true
ProtectSystem=strict
PrivateUsers=yes
PrivateDevices=yes
END

mount --bind ../upper tmp/upper
cp -r "$work/packages" tmp/
touch "$work/made"

# Not chroot: in a chroot no user namespace can be made, and units ask for one; and
# systemctl forgives there what it does not in a container.
pivot_root . mnt
cd /
for kind in deb rpm; do
    [ $kind != rpm ] || [ -e /usr/bin/rpm ] || continue
    /bin/sh /tmp/packages/story.sh $kind container
done
touch "/mnt$work/installed"
umount -l /mnt
exec env -i container=packages PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=packages.target --log-target=journal --show-status=no
