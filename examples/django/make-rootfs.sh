#!/bin/sh
# Makes .local/rootfs.tar, a root file system with what packages.txt names, from Debian's packages: for machines that reach
# a Debian mirror and no image registry. Kept while packages.txt is the same; remove it to take up security updates.
# DEBIAN_SUITE and DEBIAN_MIRROR choose another release and another mirror. Needs mmdebstrap and Debian's keyring
# (apt-get install mmdebstrap debian-archive-keyring), as root or where unprivileged user namespaces are allowed.
set -eu
cd "$(dirname "$0")"

suite=${DEBIAN_SUITE:-bookworm}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org}
# Named, since a machine of another distribution does not trust it by itself. From Debian 13 on it ends in .pgp.
keyring=$(ls /usr/share/keyrings/debian-archive-keyring.[gp]* 2>/dev/null | head -n 1)
signed=${keyring:+[signed-by=$keyring]}
packages=$(paste -sd, packages.txt)
key=$(printf '%s\n' "$suite" "$packages" "$(dpkg --print-architecture)" | sha256sum | cut -c1-16)

mkdir -p .local
if [ -f .local/rootfs.tar ] && [ "$(cat .local/rootfs.key 2>/dev/null)" = "$key" ]; then
  echo "rootfs: kept (.local/rootfs.tar)"
  exit 0
fi
if ! command -v mmdebstrap >/dev/null; then
  echo "error  mmdebstrap is not installed     [missing-tool]" >&2
  echo "  fix  apt-get install mmdebstrap" >&2
  exit 2
fi

echo "rootfs: making it from Debian $suite (about a minute)"
part=.local/rootfs.part.$$
trap 'rm -f "$part"' EXIT
# A fixed date: the same packages give the same file.
SOURCE_DATE_EPOCH=1735689600 mmdebstrap --quiet --variant=essential --format=tar \
  --include="$packages" --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/javascript/*' \
  "$suite" "$part" \
  "deb $signed $mirror/debian $suite main" \
  "deb $signed $mirror/debian $suite-updates main" \
  "deb $signed $mirror/debian-security $suite-security main"
mv "$part" .local/rootfs.tar
echo "$key" > .local/rootfs.key
echo "rootfs: $(du -m .local/rootfs.tar | cut -f1) MB (.local/rootfs.tar)"
