#!/bin/sh
# packaging/deb.sh [BUILD-DIR [OUT-DIR]]: makes mien_VERSION_ARCH.deb of a built Mien (build, here). Prints its path.
cd "$(dirname "$0")/.." || exit 1
build=${1:-build} out=${2:-.}
mien=$build/src/cli/mien
[ -x "$mien" ] || { echo "deb.sh: $mien is not there: tools/build $build first" >&2; exit 1; }
command -v dpkg-shlibdeps >/dev/null || { echo "deb.sh: install dpkg-dev" >&2; exit 1; }
version=$("$mien" --version | cut -d' ' -f2)
arch=$(dpkg --print-architecture)
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
tree=$root/tree

install -Dm755 "$mien" "$tree/usr/bin/mien" && strip "$tree/usr/bin/mien" || exit 1
install -Dm644 -t "$tree/lib/systemd/system" packaging/mien.service packaging/mien.socket
install -Dm644 packaging/settings.yaml "$tree/etc/mien/settings.yaml"
install -Dm644 -t "$tree/usr/share/doc/mien" README.md docs/*.md docs/*.yaml LICENSE
install -Dm644 -t "$tree/usr/share/doc/mien/models" models/*.md
install -Dm644 -t "$tree/usr/share/mien/recipes" recipes/*.yaml
install -Dm644 -t "$tree/usr/share/mien/rules" rules/*.yaml
install -Dm644 -t "$tree/usr/share/mien/policies" policies/*.yaml
cat >"$tree/usr/share/doc/mien/copyright" <<'TEXT'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Mien

Files: *
Copyright: the authors of Mien
License: Apache-2.0
 On Debian systems the whole text is in /usr/share/common-licenses/Apache-2.0.
TEXT

# The libraries that it is linked with, as packages.
mkdir -p "$root/debian" && printf 'Source: mien\n\nPackage: mien\nArchitecture: any\n' >"$root/debian/control"
needs=$(cd "$root" && dpkg-shlibdeps -O tree/usr/bin/mien 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$needs" ] || { echo "deb.sh: the libraries of $mien are not of Debian packages" >&2; exit 1; }

mkdir -p "$tree/DEBIAN"
cat >"$tree/DEBIAN/control" <<TEXT
Package: mien
Version: $version
Architecture: $arch
Maintainer: the authors of Mien <mien@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$tree" | cut -f1)
Depends: $needs
Recommends: pocketsphinx-en-us
Section: sound
Priority: optional
Description: reads the emotion that is expressed in text, voice and face
 Recordings, live calls and texts to timelines of expressed emotion, each reading with what it was measured by,
 on this machine, with its own models inside. As a service it reads only what purpose, notice and consent allow.
TEXT
echo /etc/mien/settings.yaml >"$tree/DEBIAN/conffiles"
cat >"$tree/DEBIAN/postinst" <<'TEXT'
#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart mien.service || true
fi
[ -n "$2" ] || echo "mien: /etc/mien/settings.yaml has the settings; systemctl enable --now mien starts the service"
TEXT
cat >"$tree/DEBIAN/prerm" <<'TEXT'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then systemctl --no-reload disable --now mien.socket mien.service || true; fi
TEXT
chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm"
find "$tree" -type d -exec chmod 755 {} +
mkdir -p "$out"
dpkg-deb --root-owner-group -Zxz -z1 --build "$tree" "$out/mien_${version}_$arch.deb" >/dev/null && echo "$out/mien_${version}_$arch.deb"
